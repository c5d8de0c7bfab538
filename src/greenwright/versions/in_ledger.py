"""The ledger as a registry of models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from greenwright.records.versions import DEFAULT_PROJECT, Dominance, ModelVersion

if TYPE_CHECKING:
    from greenwright.ledger.store import Ledger
    from greenwright.records.quantities import Quantity


@dataclass(frozen=True, slots=True)
class LedgerRegistry:
    """The versions of one project in a ledger."""

    ledger: Ledger
    project: str = DEFAULT_PROJECT

    @property
    def where(self) -> str:
        """For people."""
        return self.ledger.where

    def versions(self, model: str | None = None) -> list[ModelVersion]:
        """Every version, model by model, the newest first."""
        from greenwright.ledger.lineage import all_versions

        return all_versions(self.ledger, model, self.project)

    def proofs(self) -> list[Dominance]:
        """What studies and comparisons have proven."""
        from greenwright.ledger.lineage import all_proofs

        return all_proofs(self.ledger)

    def add(self, version: ModelVersion) -> None:
        """Register a version."""
        from greenwright.ledger.lineage import add_version

        add_version(self.ledger, replace(version, project=self.project))

    def alias(self, model: str, alias: str, version: str | None) -> None:
        """Let an alias name a version from now on; None: it names none."""
        from greenwright.ledger.lineage import set_alias

        set_alias(self.ledger, model, alias, version, self.project)

    def release(self, model: str, version: str, note: str) -> None:
        """Say that it is in use."""
        from greenwright.ledger.lineage import release

        release(self.ledger, model, version, note, self.project)

    def retire(
        self,
        model: str,
        version: str,
        reason: str,
        *,
        replaced_by: str | None = None,
        saving_j_per_year: Quantity | None = None,
    ) -> None:
        """Say that it is out of use; no alias names it any more."""
        from greenwright.ledger.lineage import retire

        retire(
            self.ledger,
            model,
            version,
            reason,
            replaced_by=replaced_by,
            saving_j_per_year=saving_j_per_year,
            project=self.project,
        )
