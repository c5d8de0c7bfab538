"""Run a command in its cleanest hours: wait, start, pause, go on, survive machines that are taken away, and keep the deadline.

What has happened is kept in a file after every step, so that a runner that was killed goes on where it was.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from greenwright import units
from greenwright.deploy import spot as notices
from greenwright.deploy.checkpoint import FOLDER_VARIABLE, MEAN_VARIABLE, PROGRESS, SAVED_EXIT_CODE, STARTED_VARIABLE
from greenwright.errors import BadInputError
from greenwright.meter.process import command_probes
from greenwright.meter.session import Meter
from greenwright.place.outlook import Outlook
from greenwright.place.windows import windows
from greenwright.records.placement import Attempt, PriceClass, RunReport
from greenwright.records.quantities import Quantity, weakest

LOOK_S = 0.2
"""How often a running command, the clock and the signals are looked at."""
RETRY_S = (1.0, 60.0)
"""Shortest and longest wait before a machine that was taken away is asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to run, by when, and how."""

    command: tuple[str, ...]
    within_s: float
    run_s: float
    """What it is expected to take, running."""
    interruptible: bool = False
    freeze: bool = False
    """Pause by SIGSTOP, keeping the memory, where the command cannot save itself."""
    grace_s: float = 60.0
    """Between SIGTERM and SIGKILL."""
    restart_s: float = 60.0
    checkpoints: Path | None = None
    interrupted_every_s: float | None = None
    cloud: str = ""
    """Whose notices to listen to."""
    cloud_address: str = ""
    spot: tuple[str, ...] = ()
    """Put before the command to run it on a machine that may be taken away."""
    on_demand: tuple[str, ...] = ()
    """Put before it to run it on one that is not."""


@dataclass(slots=True, kw_only=True)
class State:
    """What has happened so far, as it is kept on disk."""

    command: tuple[str, ...]
    begun_s: float
    """Seconds since 1970."""
    deadline_s: float
    attempts: list[Attempt] = field(default_factory=list)
    useful_s: float = 0.0
    waited_s: float = 0.0
    fell_back: bool = False
    exit_code: int | None = None


class _Stopped(Exception):  # noqa: N818 - a signal to us, not an error
    """Somebody asked the runner itself to stop."""


def run(  # noqa: PLR0913 - an order, its hours, and where it is kept
    order: Order, outlook: Outlook, *, step_s: float, state_file: Path, resume: bool, say: Callable[[str], None]
) -> RunReport:
    """Run ``order`` to its end.

    Args:
        order: What to run.
        outlook: The hours to come, the first slot beginning now.
        step_s: Length of a slot.
        state_file: Where to keep what has happened.
        resume: Go on with what the file says, deadline and all.
        say: Called with each thing that happens, as a line.

    Raises:
        BadInputError: there is nothing to resume, or the file is about another command.
    """
    state = _state(order, state_file, resume=resume)
    meter = Meter(name="run", probes=command_probes())
    runner = _Runner(order=order, outlook=outlook, step_s=step_s, state=state, file=state_file, meter=meter, say=say)
    with _signals():
        try:
            runner.follow()
        except _Stopped:
            say("stopped: go on with the same command and --resume")
    runner.keep()
    return report(order, state, outlook, step_s)


def _state(order: Order, file: Path, *, resume: bool) -> State:
    if not resume:
        now_s = time.time()
        return State(command=order.command, begun_s=now_s, deadline_s=now_s + order.within_s)
    try:
        state = msgspec.json.decode(file.read_bytes(), type=State)
    except OSError as error:
        raise BadInputError(f"there is no run to resume at {file}; run it without --resume") from error
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadInputError(f"{file} cannot be read ({error}); run the command without --resume") from error
    if state.command != order.command:
        raise BadInputError(f"{file} is about {' '.join(state.command)!r}; give that command, or another --name")
    state.exit_code = None
    return state


@contextmanager
def _signals() -> Iterator[None]:
    """SIGTERM and Ctrl-C end the run in order."""

    def stop(_number: int, _frame: Any) -> None:
        raise _Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True, kw_only=True)
class _Runner:
    order: Order
    outlook: Outlook
    step_s: float
    state: State
    file: Path
    meter: Meter
    say: Callable[[str], None]
    tried: int = 0
    live_s: float = 0.0
    """That an attempt which is frozen now has run."""
    begun_s: float = field(default_factory=time.time)
    """When the outlook's first slot began."""
    next_look_s: float = 0.0

    @property
    def remaining_s(self) -> float:
        """Running time that is left, by what the command itself says of its progress, else by the clock."""
        done = self.progress().get("done_share")
        if isinstance(done, int | float):
            return self.order.run_s * max(0.0, 1.0 - done)
        return max(0.0, self.order.run_s - self.state.useful_s - self.live_s)

    @property
    def slack_s(self) -> float:
        """Time that may still be waited."""
        again_s = self.order.restart_s if self.state.attempts else 0.0
        return self.state.deadline_s - time.time() - self.remaining_s - again_s

    def follow(self) -> None:
        """Through the clean hours, and after the last of them to the end."""
        planned = windows(
            self.outlook,
            step_s=self.step_s,
            run_s=self.remaining_s,
            deadline_s=max(0.0, self.state.deadline_s - time.time()),
            interruptible=self.order.interruptible or self.order.freeze,
            resume_s=0.0 if self.order.freeze else self.order.restart_s,
        )
        origin_s = time.time()
        if self.order.freeze and len(planned) > 1:
            self._wait_until(origin_s + planned[0].start_s)
            self._frozen([(origin_s + part.start_s, origin_s + part.end_s) for part in planned])
            return
        for part in planned[:-1]:
            self._wait_until(origin_s + part.start_s)
            if self._attempts_until(None if self.state.fell_back else origin_s + part.end_s):
                return
        self._wait_until(origin_s + planned[-1].start_s)
        self._attempts_until(None)

    def _wait_until(self, start_s: float) -> None:
        if start_s - time.time() > LOOK_S:
            self.say(f"waiting until {_clock(start_s)}: the grid is cleaner then")
        begun_s = time.time()
        while (now_s := time.time()) < start_s:
            if self.slack_s <= 0:
                self._fall_back("no slack is left")
                break
            time.sleep(min(LOOK_S, start_s - now_s))
        self.state.waited_s += time.time() - begun_s
        self.keep()

    def _fall_back(self, why: str) -> None:
        if not self.state.fell_back:
            self.state.fell_back = True
            machine = ", on demand" if self.order.on_demand else ""
            self.say(f"{why}: it runs to the end now{machine}")

    def _attempts_until(self, until_s: float | None) -> bool:
        """Attempts until the command is done (True) or the stretch is over (False)."""
        while True:
            ended = self._attempt(until_s)
            if ended in {"done", "failed", "stopped"}:
                return True
            if ended == "paused":
                return False
            self.tried += 1
            self._pause_before_retry()

    def _pause_before_retry(self) -> None:
        first, most = RETRY_S
        wait_s = min(most, first * 2.0 ** min(self.tried - 1, 10), max(0.0, self.slack_s))
        self.say(f"the machine was taken away: trying again in {wait_s:.0f} s")
        time.sleep(wait_s)
        if self.slack_s <= 0:
            self._fall_back("no slack is left for another machine that may be taken away")

    def _launch(self) -> tuple[subprocess.Popen[bytes], PriceClass]:
        use_spot = bool(self.order.spot) and not self.state.fell_back
        prefix = self.order.spot if use_spot else self.order.on_demand
        environment = dict(os.environ) | {STARTED_VARIABLE: repr(time.time())}
        if self.order.checkpoints:
            environment[FOLDER_VARIABLE] = str(self.order.checkpoints)
        if self.order.interrupted_every_s:
            environment[MEAN_VARIABLE] = repr(self.order.interrupted_every_s)
        command = [*prefix, *self.order.command]
        try:
            child = subprocess.Popen(command, env=environment, start_new_session=True)
        except OSError as error:
            raise BadInputError(f"{command[0]!r} cannot be run: {error.strerror}; give a program after --") from error
        return child, PriceClass.SPOT if use_spot else PriceClass.ON_DEMAND

    def _attempt(self, until_s: float | None) -> str:
        """Start the command, watch it, and book what it took."""
        begun_s = time.time()
        opened = self.meter.window(f"attempt {len(self.state.attempts) + 1}")
        why = "stopped"
        with opened:
            child, price_class = self._launch()
            self.say(f"started{' on spot' if price_class is PriceClass.SPOT else ''}: {' '.join(self.order.command)}")
            stopped = None
            try:
                why = self._watch(child, until_s, price_class)
            except _Stopped as error:
                stopped = error
            self._end(child)
        ended = self._how(child.returncode, why, price_class)
        self._book([(begun_s, time.time())], opened.result.energy_j, child.returncode, ended, price_class)
        if stopped:
            raise stopped
        return ended

    def _watch(self, child: subprocess.Popen[bytes], until_s: float | None, price_class: PriceClass) -> str:
        """Until it ends, or why it was asked to end."""
        while child.poll() is None:
            now_s = time.time()
            if until_s is not None and now_s >= until_s:
                if self.slack_s > (0.0 if self.order.freeze else self.order.restart_s):
                    return "paused"
                self._fall_back("a pause would use up the slack")
                until_s = None
            if price_class is PriceClass.SPOT and self.order.on_demand and self.slack_s <= 0:
                self._fall_back("no slack is left for a machine that may be taken away")
                return "taken"
            if self._noticed(now_s):
                return "stopped"
            time.sleep(LOOK_S)
        return "ended"

    def _noticed(self, now_s: float) -> bool:
        if not self.order.cloud or now_s < self.next_look_s:
            return False
        self.next_look_s = now_s + notices.clouds()[self.order.cloud].poll_s
        found = notices.notice(self.order.cloud, self.order.cloud_address)
        if found is None or found.kind != "taken":
            return False
        self.say(f"{self.order.cloud} takes this machine in {found.left_s:.0f} s: saving; go on elsewhere with --resume")
        return True

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        """SIGTERM, and SIGKILL for what has not saved itself within the grace."""
        if child.poll() is not None:
            return
        _send(child, signal.SIGTERM)
        _send(child, signal.SIGCONT)
        try:
            child.wait(self.order.grace_s)
        except subprocess.TimeoutExpired:
            self.say(f"it did not end within {self.order.grace_s:.0f} s of SIGTERM and was killed: unsaved work is lost")
            _send(child, signal.SIGKILL)
            child.wait()

    def _how(self, code: int, why: str, price_class: PriceClass) -> str:
        """What an exit code means after what was asked of the command."""
        if code == 0:
            return "done"
        if why != "ended":
            return why
        if code == SAVED_EXIT_CODE or price_class is PriceClass.SPOT:
            return "taken"
        return "failed"

    def _frozen(self, parts_s: Sequence[tuple[float, float]]) -> None:
        """One attempt that is stopped where it stands between its stretches, its memory kept."""
        ran, begun_s = list[tuple[float, float]](), time.time()
        opened = self.meter.window("attempt 1")
        why = "stopped"
        with opened:
            child, price_class = self._launch()
            stopped = None
            try:
                for (_, end_s), (again_s, _) in pairwise(parts_s):
                    if self._watch(child, end_s, price_class) == "paused":
                        self.say(f"frozen until {_clock(again_s)}")
                        _send(child, signal.SIGSTOP)
                        ran.append((begun_s, time.time()))
                        self.live_s = sum(end_s - begun_s for begun_s, end_s in ran)
                        self._wait_until(again_s)
                        _send(child, signal.SIGCONT)
                        begun_s = time.time()
                why = self._watch(child, None, price_class)
            except _Stopped as error:
                stopped = error
            self._end(child)
        ended = self._how(child.returncode, why, price_class)
        self.live_s = 0.0
        self._book([*ran, (begun_s, time.time())], opened.result.energy_j, child.returncode, ended, price_class)
        if stopped:
            raise stopped

    def _book(
        self, ran_s: Sequence[tuple[float, float]], energy_j: Quantity, code: int, ended: str, price_class: PriceClass
    ) -> None:
        """Keep an attempt that ran in these times."""
        told, begun_s, now_s = self.progress(), ran_s[0][0], ran_s[-1][1]
        took_s = sum(end_s - start_s for start_s, end_s in ran_s)
        fresh = float(told.get("at", 0.0)) >= begun_s
        start_s = min(took_s, float(told.get("start_s") or 0.0)) if fresh and self.state.attempts else 0.0
        unsaved_s = now_s - float(told["at"]) if fresh else took_s - start_s
        lost_s = 0.0 if ended == "done" or code == SAVED_EXIT_CODE or not self.state_is_saved(told) else max(0.0, unsaved_s)
        self.state.attempts.append(
            Attempt(
                price_class=price_class,
                started_at=datetime.fromtimestamp(begun_s, UTC).isoformat(timespec="seconds"),
                duration_s=took_s,
                energy_j=energy_j,
                carbon_g=self._carbon_g(energy_j, ran_s),
                start_s=start_s,
                lost_s=lost_s,
                ended=ended,
                exit_code=code,
            )
        )
        self.state.useful_s += max(0.0, took_s - start_s - lost_s)
        if ended in {"done", "failed"}:
            self.state.exit_code = code
        self.keep()
        self.say(f"{ended} after {took_s:.1f} s, {energy_j.value:.3g} J ({energy_j.grade})")

    def state_is_saved(self, told: Mapping[str, Any]) -> bool:
        """Whether the command tells of its checkpoints at all: without that nothing is known of what a kill loses."""
        return bool(told) or self.order.checkpoints is None

    def _carbon_g(self, energy_j: Quantity, ran_s: Sequence[tuple[float, float]]) -> Quantity:
        """The energy spread evenly over the times it ran in."""
        whole_s = sum(end_s - start_s for start_s, end_s in ran_s) or 1.0
        origin_s = self.begun_s
        parts = [
            at_slots(
                _times(energy_j, (end_s - start_s) / whole_s), self.outlook, self.step_s, start_s - origin_s, end_s - origin_s
            )
            for start_s, end_s in ran_s
        ]
        total = _sum(parts)
        assert total is not None
        return total

    def progress(self) -> dict[str, Any]:
        """What the command's own checkpoints say; empty where it has none."""
        if self.order.checkpoints is None:
            return {}
        try:
            found: dict[str, Any] = json.loads((self.order.checkpoints / PROGRESS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    def keep(self) -> None:
        """Write the state, whole or not at all."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        beside = self.file.with_name(f".{self.file.name}.{os.getpid()}.tmp")
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(self.state))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.file)


def _send(child: subprocess.Popen[bytes], number: int) -> None:
    """To the command and all it started."""
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        child.poll()


def at_slots(energy_j: Quantity, outlook: Outlook, step_s: float, start_s: float, end_s: float) -> Quantity:
    """Grams of an energy that was spread evenly from ``start_s`` to ``end_s`` after the outlook's first slot began."""
    count = len(outlook.median_g_per_kwh)
    first = min(count - 1, max(0, int(start_s // step_s)))
    last = min(count - 1, max(first, int(end_s // step_s)))
    slots = slice(first, last + 1)
    return Quantity(
        value=units.kwh(energy_j.value) * float(outlook.median_g_per_kwh[slots].mean()),
        low=units.kwh(energy_j.low) * float(outlook.low_g_per_kwh[slots].mean()),
        high=units.kwh(energy_j.high) * float(outlook.high_g_per_kwh[slots].mean()),
        grade=weakest([energy_j.grade, outlook.grade]),
        source=f"{energy_j.source}; {outlook.source}",
    )


def _times(quantity: Quantity, share: float) -> Quantity:
    return replace(quantity, value=quantity.value * share, low=quantity.low * share, high=quantity.high * share)


def report(order: Order, state: State, outlook: Outlook, step_s: float) -> RunReport:
    """All that happened, summed up."""
    attempts = state.attempts
    done = state.exit_code == 0
    end_s = time.time()
    energy_j = _sum([one.energy_j for one in attempts])
    return RunReport(
        command=state.command,
        started_at=datetime.fromtimestamp(state.begun_s, UTC).isoformat(timespec="seconds"),
        deadline_at=datetime.fromtimestamp(state.deadline_s, UTC).isoformat(timespec="seconds"),
        verdict=_verdict(state, done=done, late=end_s > state.deadline_s),
        done=done,
        late=end_s > state.deadline_s,
        exit_code=state.exit_code if state.exit_code is not None else 130,
        attempts=tuple(attempts),
        waited_s=state.waited_s,
        energy_j=energy_j,
        carbon_g=_sum([one.carbon_g for one in attempts]),
        restart_j=sum(one.energy_j.value * (one.start_s + one.lost_s) / one.duration_s for one in attempts if one.duration_s),
        now_g=at_slots(energy_j, outlook, step_s, 0.0, order.run_s).value if energy_j else None,
        fell_back=state.fell_back,
    )


def _verdict(state: State, *, done: bool, late: bool) -> str:
    if done:
        return "Done, after its deadline." if late else "Done, within its deadline."
    return "Not done: the command failed." if state.exit_code else "Not done yet: go on with --resume."


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


def _clock(at_s: float) -> str:
    return datetime.fromtimestamp(at_s).astimezone().strftime("%Y-%m-%d %H:%M")
