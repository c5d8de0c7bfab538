"""What changes of each kind really saved, as far as this ledger has it: studies, runs that waited, and versions that gave way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median_low

from greenwright.ledger.lineage import all_proofs, all_versions
from greenwright.ledger.runs import About, all_runs
from greenwright.ledger.store import Ledger
from greenwright.records.audit import Realised
from greenwright.records.versions import Lifecycle

WAITED = "waited"
"""The phase of a run that ``greenwright run`` placed in clean hours."""
_CARBON, _AT_ONCE = "carbon_g", "at_once_g"


def waited(carbon_g: float, at_once_g: float, energy_j: float) -> About:
    """What the ledger keeps of a run that waited, beside the run itself."""
    tags = {_CARBON: repr(carbon_g), _AT_ONCE: repr(at_once_g), "energy_j": repr(energy_j)}
    return About(phase=WAITED, tags=tags)


def realised(ledger: Ledger) -> list[Realised]:
    """By the command that made the change, where there is at least one case."""
    found = {
        "greenwright optimize": [one.saving_share for one in ledger.models()],
        "greenwright run": list(_waited(ledger)),
        "greenwright models": list(_retired(ledger)),
    }
    return [_told(action, sorted(shares)) for action, shares in found.items() if shares]


def _waited(ledger: Ledger) -> Iterator[float]:
    """Of the carbon of running at once."""
    for run in all_runs(ledger):
        at_once_g = float(run.about.tags.get(_AT_ONCE, "0"))
        if run.about.phase == WAITED and at_once_g > 0:
            yield 1 - float(run.about.tags[_CARBON]) / at_once_g


def _retired(ledger: Ledger) -> Iterator[float]:
    """Of the energy per unit, where a version gave way to one that was proven better."""
    proven = {(one.model, one.worse, one.better): 1 - one.ratio.value for one in all_proofs(ledger)}
    for version in all_versions(ledger):
        share = proven.get((version.model, version.version, version.replaced_by))
        if version.lifecycle is Lifecycle.RETIRED and share is not None:
            yield share


def _told(action: str, values: Sequence[float]) -> Realised:
    return Realised(
        action=action, saving_share=median_low(values), low_share=values[0], high_share=values[-1], case_count=len(values)
    )
