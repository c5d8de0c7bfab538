"""Ask every finding, and turn what is at stake into opportunities: what to do, and what that can be expected to save."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import ibis

from greenwright import registry
from greenwright.audit import totals
from greenwright.audit.contract import FindingMeta, Given, Stake, Verdict
from greenwright.audit.spreads import ENDS
from greenwright.records.audit import Hotspot, Impact, Opportunity, Realised, Unasked
from greenwright.records.quantities import Grade, Quantity, weakest

if TYPE_CHECKING:
    import ibis.expr.types as ir

LEAST_SHARE = 0.001
"""Of all energy: less is not worth a row."""
WHERE_COUNT = 3
_KEPT = ("project", "team", "hardware", "place", "month", *totals.ADDED)
_CUT = ("project", "team", "hardware", "place", "month")


def search(  # noqa: PLR0913, PLR0917  what a search needs to know
    jobs: ir.Table,
    said: frozenset[str],
    given: Given,
    currencies: Sequence[str],
    realised: Sequence[Realised],
    apart: Callable[[ir.Table, str], ir.Table],
) -> tuple[list[Hotspot], list[str], list[Unasked]]:
    """What every finding found, the titles of those that found nothing, and those that could not look.

    ``apart`` makes a table a step of its own; ``said`` names the columns in which at least one job says something.
    """
    modules = registry.load_all("findings")
    unasked = {name: _lacking(one.META, said) for name, one in modules.items()}
    asked = {name: one for name, one in modules.items() if not unasked[name]}
    stakes = _stakes(jobs, asked, given, currencies, apart)
    found: list[Hotspot] = []
    clear: list[str] = []
    for name, module in asked.items():
        stake = stakes[name]
        verdict = module.judge(stake, given) if _worth(stake, given.total) else None
        if verdict is None:
            clear.append(module.META.title)
        else:
            found.append(_hotspot(module.META, stake, verdict, given.total, realised))
    found.sort(key=lambda one: -(one.opportunity.saving_share if one.opportunity else 0.0))
    lacking = [
        Unasked(id=name, title=modules[name].META.title, reason=modules[name].META.wants) for name in modules if unasked[name]
    ]
    return found, clear, lacking


def _lacking(meta: FindingMeta, said: frozenset[str]) -> list[str]:
    return [need for need in meta.needs if not set(need.split("|")) & said]


def _stakes(
    jobs: ir.Table,
    asked: Mapping[str, ModuleType],
    given: Given,
    currencies: Sequence[str],
    apart: Callable[[ir.Table, str], ir.Table],
) -> dict[str, Stake]:
    """Those that look at jobs one by one in a single pass; the others each for themselves."""
    single = {name: module for name, module in asked.items() if hasattr(module, "part")}
    found: dict[str, Stake] = {}
    if single:
        parts = {_column(name): module.part(jobs, given) for name, module in single.items()}
        marked = apart(jobs.select(*_KEPT, **parts), "marked")
        added = {
            f"{_column(name)}_{key}": value
            for name in single
            for key, value in _sums(marked, marked[_column(name)], currencies).items()
        }
        row = marked.aggregate(**added).to_pyarrow().to_pylist()[0]
        for name in single:
            stem = f"{_column(name)}_"
            mine = {key.removeprefix(stem): value for key, value in row.items() if key.startswith(stem)}
            found[name] = _stake(mine, currencies, given.total, lambda name=name: _where(marked, marked[_column(name)]))
    for name, module in asked.items():
        if name not in single:
            about = apart(module.alike(jobs, given).select(*_KEPT, "part"), _column(name))
            row = about.aggregate(**_sums(about, about.part, currencies)).to_pyarrow().to_pylist()[0]
            found[name] = _stake(row, currencies, given.total, lambda about=about: _where(about, about.part))
    return found


def _column(name: str) -> str:
    return "part_" + name.replace("-", "_")


def _sums(jobs: ir.Table, part: ir.FloatingValue, currencies: Sequence[str]) -> dict[str, ir.Value]:
    energies = {f"hall{end}_j": (jobs[f"hall{end}_j"] * part).sum() for end in ENDS}
    carbons = {f"carbon{end}_g": (jobs[f"carbon{end}_g"] * part).sum() for end in ENDS}
    costs = {f"cost_{at}": (jobs.cost * part).sum(where=jobs.currency == one) for at, one in enumerate(currencies)}
    return {
        "job_count": (part > 0).sum(),
        "gpu_s": jobs.gpu_s.sum(where=part > 0),
        "grade_rank": jobs.grade_rank.max(where=part > 0),
        **energies,
        **carbons,
        **costs,
    }


def _stake(row: Mapping[str, Any], currencies: Sequence[str], total: Impact, where: Any) -> Stake:
    source = total.energy_j.source if total.energy_j else ""
    rank = row["grade_rank"]
    grade = Grade.ASSUMED if rank is None else list(Grade)[min(int(rank), len(Grade) - 1)]
    energy = _quantity(row, "hall", "_j", grade, source)
    count = int(row["job_count"] or 0)
    worth = count > 0 and total.energy_j is not None and energy.value >= LEAST_SHARE * total.energy_j.value
    return Stake(
        job_count=count,
        gpu_s=float(row["gpu_s"] or 0.0),
        energy_j=energy,
        carbon_g=_quantity(row, "carbon", "_g", grade, source) if row["carbon_g"] is not None else None,
        costs={one: float(row[f"cost_{at}"]) for at, one in enumerate(currencies) if row[f"cost_{at}"]},
        where=where() if worth else (),
    )


def _where(jobs: ir.Table, part: ir.FloatingValue) -> tuple[tuple[str, float], ...]:
    """The values that hold most of it, on the first side that has more than one."""
    for dimension in _CUT:
        cut = jobs.filter(part > 0).select(name=jobs[dimension], at_stake_j=(jobs.hall_j * part).fill_null(0.0))
        rows = cut.group_by("name").aggregate(stake_j=cut.at_stake_j.sum())
        ranked = rows.mutate(whole_j=rows.stake_j.sum().over()).order_by(ibis.desc("stake_j"), "name").limit(WHERE_COUNT)
        top = ranked.to_pyarrow().to_pylist()
        if len(top) > 1 and any(row["name"] for row in top):
            return tuple(
                (str(row["name"]) or totals.UNSAID, float(row["stake_j"]) / float(row["whole_j"]))
                for row in top
                if row["whole_j"]
            )
    return ()


def _worth(stake: Stake, total: Impact) -> bool:
    return stake.job_count > 0 and total.energy_j is not None and stake.energy_j.value >= LEAST_SHARE * total.energy_j.value


def _hotspot(meta: FindingMeta, stake: Stake, verdict: Verdict, total: Impact, realised: Sequence[Realised]) -> Hotspot:
    assert total.energy_j is not None  # _worth saw to it
    saving_j = _saved(stake.energy_j, verdict, meta)
    saving_g = _saved(stake.carbon_g, verdict, meta) if stake.carbon_g else None
    if verdict.saves_carbon_only:
        saving_j = Quantity(value=0.0, low=0.0, high=0.0, grade=saving_j.grade, source=saving_j.source)
        share = saving_g.value / total.carbon_g.value if saving_g and total.carbon_g and total.carbon_g.value else 0.0
    else:
        share = saving_j.value / total.energy_j.value
    return Hotspot(
        id=meta.id,
        title=meta.title,
        says=verdict.says,
        job_count=stake.job_count,
        gpu_s=stake.gpu_s,
        energy_j=stake.energy_j,
        carbon_g=stake.carbon_g,
        energy_share=stake.energy_j.value / total.energy_j.value,
        costs=stake.costs,
        where=stake.where,
        opportunity=Opportunity(
            action=meta.action,
            advice=verdict.advice,
            effort=meta.effort,
            saving_j=saving_j,
            saving_g=saving_g,
            saving_share=share,
            basis=verdict.basis or meta.source,
            realised=tuple(one for one in realised if one.action == meta.action),
        ),
    )


def _saved(quantity: Quantity, verdict: Verdict, meta: FindingMeta) -> Quantity:
    """The part that acting saves: the low of the one with the low of the other."""
    return Quantity(
        value=quantity.value * verdict.saving_share,
        low=quantity.low * verdict.low_share,
        high=quantity.high * verdict.high_share,
        grade=weakest([quantity.grade, meta.grade]),
        source=meta.source,
    )


def _quantity(row: Mapping[str, Any], stem: str, unit: str, grade: Grade, source: str) -> Quantity:
    value, low, high = (float(row[f"{stem}{end}{unit}"] or 0.0) for end in ENDS)
    return Quantity(value=value, low=min(low, value), high=max(high, value), grade=grade, source=source)
