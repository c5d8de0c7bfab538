"""Which versions could go, why, and what that saves a year. Pure: records go in, advice comes out.

A version is advised to retire where another of its model was *proven* to need less energy and to answer as well, or where nobody
called it for long enough. Where figures only look that way it is said, too, as not proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from greenwright.records.quantities import Quantity, weakest
from greenwright.records.versions import Dominance, Lifecycle, ModelVersion, RetireAdvice, Usage
from greenwright.units import S_PER_DAY, S_PER_YEAR

UNUSED_S = 30 * S_PER_DAY
"""A version that nobody called for so long is unused, unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known beside the versions themselves."""

    proofs: Sequence[Dominance] = ()
    usage: Sequence[Usage] | None = None
    """None: nobody looked, so nothing is called unused."""
    unused_s: float = UNUSED_S
    standing_w: Mapping[tuple[str, str], Quantity] = field(default_factory=dict)
    """Power of keeping a version served while nobody calls it, by model and version, where it was measured or told."""


def advise(versions: Iterable[ModelVersion], known: Known) -> list[RetireAdvice]:
    """Advice for every version that is not retired yet, the surest first."""
    standing = {(one.model, one.version): one for one in versions if one.lifecycle is not Lifecycle.RETIRED}
    found = [advice for version in standing.values() for advice in _of(version, standing, known)]
    return sorted(found, key=lambda one: (not one.proven, one.model, one.version))


def _of(version: ModelVersion, standing: Mapping[tuple[str, str], ModelVersion], known: Known) -> Iterator[RetireAdvice]:
    """At most one reason each: unused needs no replacement, so it comes first; then what is proven, then what looks so."""
    for reason in (_unused(version, known), _dominated(version, standing, known), _looks_dominated(version, standing)):
        if reason is not None:
            yield reason
            return


def _unused(version: ModelVersion, known: Known) -> RetireAdvice | None:
    if known.usage is None:
        return None
    mine = [one for one in known.usage if (one.model, one.version) == (version.model, version.version)]
    looked_s = max((one.observed_s for one in known.usage), default=0.0)
    if looked_s < known.unused_s or any(one.call_count > 0 for one in mine):
        return None
    power = known.standing_w.get((version.model, version.version))
    return RetireAdvice(
        model=version.model,
        version=version.version,
        reason=f"nobody called it for {looked_s / S_PER_DAY:.0f} days",
        proven=True,
        saving_j_per_year=_times(power, S_PER_YEAR, f"its power while nobody calls it, over a year; {power.source}")
        if power
        else None,
        saving_text="its power while nobody calls it, for a year"
        if power
        else "unknown: nobody measured its power while it waits; tell it with --standing-watts, or keep a run of phase idle",
    )


def _dominated(version: ModelVersion, standing: Mapping[tuple[str, str], ModelVersion], known: Known) -> RetireAdvice | None:
    mine = [
        proof
        for proof in known.proofs
        if (proof.model, proof.worse) == (version.model, version.version)
        and (proof.model, proof.better) in standing
        and proof.ratio.high < 1
        and proof.quality_drop_high <= proof.max_drop
    ]
    if not mine:
        return None
    best = min(mine, key=lambda proof: proof.ratio.value)
    saving = _saving(version, best, known.usage)
    return RetireAdvice(
        model=version.model,
        version=version.version,
        reason=(
            f"{best.better} needs {best.ratio.value:.0%} of its energy ({best.ratio.low:.0%} to {best.ratio.high:.0%}), and loses at "
            f"most {best.quality_drop_high:.4g} of {best.metric or 'quality'}, where {best.max_drop:.4g} is allowed"
        ),
        proven=True,
        replaced_by=best.better,
        saving_j_per_year=saving,
        saving_text="its calls of a year, each at what the other needs less"
        if saving
        else _unknown_saving(version, known.usage),
    )


def _looks_dominated(version: ModelVersion, standing: Mapping[tuple[str, str], ModelVersion]) -> RetireAdvice | None:
    better = [other for other in standing.values() if _looks_better(other, version)]
    if not better:
        return None
    best = min(better, key=lambda one: one.energy_j.value if one.energy_j else 0.0)
    return RetireAdvice(
        model=version.model,
        version=version.version,
        reason=f"{best.version} looks cheaper and as good, but the two were never compared; do so, in turn, before it goes",
        proven=False,
        replaced_by=best.version,
        saving_text="unknown until the two are compared",
    )


def _looks_better(other: ModelVersion, version: ModelVersion) -> bool:
    """By its figures: the same model, unit and metric, less energy, and no worse an answer."""
    if other is version or (other.model, other.unit, other.metric) != (version.model, version.unit, version.metric):
        return False
    if other.energy_j is None or version.energy_j is None or other.quality is None or version.quality is None:
        return False
    as_good = other.quality >= version.quality if version.higher_is_better else other.quality <= version.quality
    return as_good and other.energy_j.value < version.energy_j.value


def _saving(version: ModelVersion, proof: Dominance, usage: Sequence[Usage] | None) -> Quantity | None:
    """``calls a year × joules a call × (1 − ratio)``, each from its worst to its best."""
    mine = [one for one in usage or () if (one.model, one.version) == (version.model, version.version) and one.observed_s > 0]
    energy = version.energy_j
    if energy is None or not mine:
        return None
    calls = sum(one.call_count / one.observed_s for one in mine) * S_PER_YEAR
    return Quantity(
        value=calls * energy.value * (1 - proof.ratio.value),
        low=calls * energy.low * (1 - proof.ratio.high),
        high=calls * energy.high * (1 - proof.ratio.low),
        grade=weakest([energy.grade]),
        source=f"{calls:.3g} calls a year, as many as were seen; {energy.source}",
    )


def _unknown_saving(version: ModelVersion, usage: Sequence[Usage] | None) -> str:
    if version.energy_j is None:
        return "unknown: its energy per unit was never measured"
    return "unknown: nobody counted its calls; give --usage" if usage is None else "none is seen: it had no calls"


def _times(quantity: Quantity, factor: float, source: str) -> Quantity:
    return Quantity(
        value=quantity.value * factor,
        low=quantity.low * factor,
        high=quantity.high * factor,
        grade=quantity.grade,
        source=source,
    )
