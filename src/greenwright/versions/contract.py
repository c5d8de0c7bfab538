"""What a registry of models is: the ledger, MLflow, or one of your own."""

from __future__ import annotations

from typing import Protocol

from greenwright.records.quantities import Quantity
from greenwright.records.versions import Dominance, ModelVersion


class Registry(Protocol):
    """Where versions live. Each act raises ``BadInputError`` for what is not there or was done already."""

    @property
    def where(self) -> str:
        """For people."""

    def versions(self, model: str | None = None) -> list[ModelVersion]:
        """Every version, model by model, the newest first."""

    def proofs(self) -> list[Dominance]:
        """What is proven about pairs of them."""

    def add(self, version: ModelVersion) -> None:
        """Register a version, or tell of one that the registry has what was measured."""

    def alias(self, model: str, alias: str, version: str | None) -> None:
        """Let an alias name a version from now on; None: it names none."""

    def release(self, model: str, version: str, note: str) -> None:
        """Say that it is in use."""

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
