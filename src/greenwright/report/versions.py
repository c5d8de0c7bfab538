"""Versions of models as lines of text. Knows no terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from greenwright.records.quantities import Quantity
from greenwright.records.versions import Dominance, Lifecycle, ModelVersion, RetireAdvice
from greenwright.report.words import (
    NOT_MEASURED,
    drop_text,
    duration_text,
    energy_range_text,
    energy_text,
    noun_text,
    quality_text,
    ratio_range_text,
    share_text,
    size_text,
    watt_hours_text,
)


def version_title(version: ModelVersion) -> str:
    """``"digits 3, 2026-09-01, released, production"``."""
    state = () if version.lifecycle is Lifecycle.CANDIDATE else (version.lifecycle.value,)
    return ", ".join((f"{version.model} {version.version}", version.created_at[:10], *state, *version.aliases))


def version_rows(version: ModelVersion, proofs: Sequence[Dominance], *, gone: bool = False) -> Iterator[tuple[str, str]]:
    """What is known of one version; what is not known has no row."""
    for proof in proofs:
        if (proof.model, proof.better) == (version.model, version.version):
            yield "saves", f"{share_text(1 - proof.ratio.value)} of the energy of {proof.worse}, proven"
    if version.energy_j:
        yield "energy", f"{_energy(version.energy_j)} per {noun_text(version.unit)}"
    if version.quality is not None:
        yield version.metric or "quality", quality_text(version.quality, version.metric)
    if version.latency_s is not None:
        yield "latency", duration_text(version.latency_s)
    if version.size_bytes is not None:
        yield "size", size_text(version.size_bytes)
    if version.path:
        yield "file", f"{version.path}{' (no longer there)' if gone else ''}"
    for name, said in (("sha256", version.sha256), ("commit", version.commit), ("retired", _retired_text(version))):
        if said:
            yield name, said


def comparison_rows(one: ModelVersion, other: ModelVersion, proofs: Sequence[Dominance]) -> Iterator[tuple[str, str, str]]:
    """The figures of two versions in two columns, and under them what is proven."""
    same_metric = one.metric == other.metric
    yield "", one.version, other.version
    name = (one.metric or "quality") if same_metric else "quality"
    yield "energy per unit", _energy(one.energy_j), _energy(other.energy_j)
    yield name, _quality(one, named=not same_metric), _quality(other, named=not same_metric)
    yield "latency", duration_text(one.latency_s), duration_text(other.latency_s)
    yield "size", size_text(one.size_bytes), size_text(other.size_bytes)
    yield "state", _state(one), _state(other)
    for proof in proofs:
        held = proof.ratio.high < 1 and proof.quality_drop_high <= proof.max_drop
        said = f"{proof.better} needs {ratio_range_text(proof.ratio)} energy than {proof.worse}"
        lost = f"loses at most {drop_text(proof.quality_drop_high, proof.metric)} of {proof.metric}"
        yield "proven" if held else "not proven", said, lost
    if not proofs:
        yield "proven", "nothing: they were never compared in turn", ""


def advice_lines(advice: RetireAdvice) -> Iterator[str]:
    """Which version, why, and what it saves."""
    yield f"{'Retire' if advice.proven else 'Perhaps retire'} {advice.model} {advice.version}: {advice.reason}."
    if advice.saving_j_per_year:
        yield f"  saves {saving_text(advice.saving_j_per_year)}: {advice.saving_text}"
    else:
        yield f"  saving: {advice.saving_text}"


def saving_text(saving_j_per_year: Quantity) -> str:
    """``"43.8 kWh a year (40 to 50 kWh, modelled)"``."""
    between = f"{watt_hours_text(saving_j_per_year.low)} to {watt_hours_text(saving_j_per_year.high)}"
    return f"{watt_hours_text(saving_j_per_year.value)} a year ({between}, {saving_j_per_year.grade})"


def _retired_text(version: ModelVersion) -> str:
    if version.lifecycle is not Lifecycle.RETIRED:
        return ""
    heir = f"; replaced by {version.replaced_by}" if version.replaced_by else ""
    saving = f"; saves {saving_text(version.saving_j_per_year)}" if version.saving_j_per_year else ""
    return f"{version.retired_because}{heir}{saving}"


def _state(version: ModelVersion) -> str:
    return ", ".join((version.lifecycle.value, *version.aliases))


def _energy(energy_j: Quantity | None) -> str:
    if energy_j is None:
        return NOT_MEASURED
    between = "" if energy_j.low == energy_j.high else f" ({energy_range_text(energy_j)})"
    return f"{energy_text(energy_j.value)}{between}, {energy_j.grade}"


def _quality(version: ModelVersion, *, named: bool) -> str:
    said = quality_text(version.quality, version.metric)
    return f"{said} {version.metric}" if named and version.metric else said
