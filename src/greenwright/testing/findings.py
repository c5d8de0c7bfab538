"""What every finding of an audit must pass.

A plugin's test inherits the contract, and gives a job that is such waste and one that is not::

    class TestMyFinding(FindingContract):
        finding = my_finding
        wasteful = [{"gpu_busy_share": 0.01}]
        sound = [{"gpu_busy_share": 0.9}]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from greenwright.audit.contract import Given, Stake
from greenwright.audit.energy import RESULT
from greenwright.audit.engines import engine
from greenwright.audit.hardware import chips, hardware
from greenwright.audit.whereabouts import spots, whereabouts
from greenwright.records.audit import Impact
from greenwright.records.quantities import Grade, Quantity

EFFORTS = {"small", "medium", "large"}
TEXTS = {"team", "project", "user", "model", "phase", "state", "hardware", "place", "month", "repeat_key", "currency"}
MOMENTS = {"started_at", "ended_at"}
USUAL: dict[str, Any] = {
    "team": "vision",
    "state": "completed",
    "gpu_s": 36_000.0,
    "duration_s": 36_000.0,
    "hall_j": 3.6e7,
    "carbon_g": 4_000.0,
}
"""A job about which a test says nothing more."""


class FindingContract:
    """Inherit, set ``finding``, ``wasteful`` and ``sound``; pytest runs the rest."""

    finding: Any
    """The module."""
    wasteful: ClassVar[Sequence[dict[str, Any]]]
    """Jobs of which at least one is such waste; columns as in ``audit.energy.RESULT``."""
    sound: ClassVar[Sequence[dict[str, Any]]]
    """Jobs none of which is."""
    devices: ClassVar[Sequence[str]] = ()
    """Accelerators that jobs ran on, as a log spells them; ``hardware`` holds their names in the catalogue."""
    regions: ClassVar[Sequence[tuple[str, str]]] = ()
    """Provider and region that jobs ran in; ``place`` holds ``provider/region``."""

    def test_its_facts_are_complete(self) -> None:
        """``META`` says what it needs, who acts on it, what that is worth, and on whose word."""
        meta = self.finding.META

        assert all([meta.id, meta.title, meta.needs, meta.wants, meta.action, meta.source])
        assert meta.effort in EFFORTS
        assert meta.grade in set(Grade)
        assert 0 <= meta.low_share <= meta.saving_share <= meta.high_share <= 1

    def test_it_looks_at_jobs_in_one_way(self) -> None:
        """One by one, or against one another."""
        assert hasattr(self.finding, "part") != hasattr(self.finding, "alike")

    def test_it_finds_waste(self) -> None:
        """A part of each job's energy, never less than nothing or more than all."""
        parts = self.parts(self.wasteful)

        assert any(part > 0 for part in parts)
        assert all(0 <= part <= 1 for part in parts)

    def test_it_leaves_sound_work_alone(self) -> None:
        """None of it is at stake."""
        assert not any(self.parts(self.sound))

    def test_it_says_nothing_of_jobs_about_which_nobody_says_anything(self) -> None:
        """What is not known is no waste, and no null either: sums would lose it."""
        assert not any(self.parts([dict.fromkeys((*TEXTS, "state"), "") | {"gpu_s": None, "hall_j": None, "carbon_g": None}]))

    def test_it_says_what_to_do_and_what_that_can_save(self) -> None:
        """In sentences, with a range in order, of what is at stake."""
        verdict = self.finding.judge(a_stake(), self.given())

        assert verdict is not None
        assert all(one.strip().endswith(".") for one in (verdict.says, verdict.advice))
        assert 0 <= verdict.low_share <= verdict.saving_share <= verdict.high_share <= 1

    def given(self) -> Given:
        """What it may know beside the jobs."""
        held = [hardware(one, "") for one in self.devices]
        where = [whereabouts(provider, region, "") for provider, region in self.regions]
        return Given(total=a_total(), hardware=chips(held), places=spots(where))

    def parts(self, jobs: Sequence[dict[str, Any]]) -> list[float]:
        """Which part of each of these jobs is at stake."""
        import ibis

        rows = [_job(number, one) for number, one in enumerate(jobs)]
        schema = {name: "string" if name in TEXTS else "timestamp" if name in MOMENTS else "float64" for name in RESULT}
        with engine(thread_count=1) as at:
            table = at.backend.create_table("jobs", ibis.memtable(rows, schema=schema))
            alike = hasattr(self.finding, "alike")
            about = (
                self.finding.alike(table, self.given()) if alike else table.mutate(part=self.finding.part(table, self.given()))
            )
            parts = at.backend.to_pyarrow(about.select("part")).to_pylist()
        return [float(row["part"]) for row in parts]


def a_stake() -> Stake:
    """Ten jobs, a fifth of everything."""
    return Stake(job_count=10, gpu_s=36_000.0, energy_j=_exactly(2e8), carbon_g=_exactly(2e4), costs={"EUR": 40.0})


def a_total() -> Impact:
    """Everything that was audited."""
    return Impact(
        job_count=50,
        gpu_s=360_000.0,
        cpu_s=0.0,
        it_energy_j=_exactly(1e9),
        energy_j=_exactly(1e9),
        carbon_g=_exactly(1e5),
        water_l=None,
        embodied_g=None,
    )


def _job(number: int, said: dict[str, Any]) -> dict[str, Any]:
    if unknown := said.keys() - set(RESULT):
        raise AssertionError(f"no job has {sorted(unknown)}; known are {', '.join(RESULT)}")
    blank = {name: "" if name in TEXTS else None for name in RESULT}
    return blank | USUAL | {"user": f"user {number}"} | said


def _exactly(value: float) -> Quantity:
    return Quantity(value=value, low=value, high=value, grade=Grade.MODELLED, source="a test")
