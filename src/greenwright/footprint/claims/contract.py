"""What a guard is: a module with ``META`` and ``find(document) -> list[ClaimFinding]``. It looks, and says what to mend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from greenwright import registry
from greenwright.records.claims import ClaimDocument, ClaimFinding, Claims, Severity, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What is true of a guard before it looks."""

    id: str
    title: str
    """The mistake, in a sentence."""
    source: str
    """Where the mistake was made in public, or the rule that it breaks."""


class Guard(Protocol):
    """The shape of a guard's module."""

    META: Meta

    def find(self, document: ClaimDocument) -> list[ClaimFinding]:
        """Every place where the mistake was made."""


def all_claims(document: ClaimDocument) -> Iterator[Claims]:
    """Every group of statements, rows and totals of tables too."""
    yield from document.claims
    for table in document.tables:
        yield from table.rows
        if table.total:
            yield table.total


def finding(
    meta: Meta, at: Claims | Statement | str, says: str, mend: str, severity: Severity = Severity.WRONG
) -> ClaimFinding:
    """A finding of this guard."""
    where = at if isinstance(at, str) else at.where
    return ClaimFinding(guard=meta.id, severity=severity, where=where, says=says, mend=mend)


def check(document: ClaimDocument) -> list[ClaimFinding]:
    """What every guard finds in a document, the surest first."""
    order = list(Severity)
    found = [one for module in registry.load_all("guards").values() for one in module.find(document)]
    return sorted(dict.fromkeys(found), key=lambda one: order.index(one.severity))
