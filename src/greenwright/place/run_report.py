"""All that happened in a run, summed up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from greenwright import units
from greenwright.place.run_state import State
from greenwright.records.placement import RunReport
from greenwright.records.quantities import Quantity, weakest


def report(state: State) -> RunReport:
    """What ``state`` comes to."""
    attempts = state.attempts
    done = state.exit_code == 0
    late = time.time() > state.deadline_s
    energy_j = _sum([one.energy_j for one in attempts])
    at_once = state.at_once_g_per_kwh
    return RunReport(
        command=state.command,
        started_at=datetime.fromtimestamp(state.begun_s, UTC).isoformat(timespec="seconds"),
        deadline_at=datetime.fromtimestamp(state.deadline_s, UTC).isoformat(timespec="seconds"),
        verdict=_verdict(state, done=done, late=late),
        done=done,
        late=late,
        exit_code=state.exit_code if state.exit_code is not None else 130,
        attempts=tuple(attempts),
        waited_s=state.waited_s,
        energy_j=energy_j,
        carbon_g=_sum([one.carbon_g for one in attempts]),
        restart_j=sum(one.energy_j.value * (one.start_s + one.lost_s) / one.duration_s for one in attempts if one.duration_s),
        now_g=units.kwh(energy_j.value) * at_once if energy_j and at_once is not None else None,
        fell_back=state.fell_back,
        replanned_count=state.replanned_count,
        notes=tuple(_notes(state)),
    )


def _verdict(state: State, *, done: bool, late: bool) -> str:
    if done:
        return "Done, after its deadline." if late else "Done, within its deadline."
    return "Not done: the command failed." if state.exit_code else "Not done yet: go on with --resume."


def _notes(state: State) -> list[str]:
    lost = sum(one.ended == "lost" for one in state.attempts)
    if not lost:
        return []
    return [f"The runner itself was killed during {lost} of the attempts: what they took is known until a few seconds before."]


def _sum(quantities: Sequence[Quantity]) -> Quantity | None:
    if not quantities:
        return None
    return Quantity(
        value=sum(one.value for one in quantities),
        low=sum(one.low for one in quantities),
        high=sum(one.high for one in quantities),
        grade=weakest(one.grade for one in quantities),
        source="; ".join(dict.fromkeys(one.source for one in quantities)),
    )
