"""Open the registry that a person names."""

from __future__ import annotations

from greenwright.errors import BadInputError
from greenwright.versions.contract import Registry

LEDGER, MLFLOW = "ledger", "mlflow"


def open_registry(text: str, ledger_url: str, project: str) -> Registry:
    """``"ledger"``, ``"mlflow"`` for the registry of the environment, or ``"mlflow:URI"``.

    Raises:
        BadInputError: neither.
        CannotHereError: it cannot be opened.
    """
    kind, _, uri = text.partition(":")
    if kind == MLFLOW:
        from greenwright.versions.in_mlflow import MlflowRegistry

        return MlflowRegistry(uri)
    if text != LEDGER:
        raise BadInputError(f"{text!r} is no registry; give ledger, mlflow, or mlflow:URI such as mlflow:sqlite:///mlflow.db")
    from greenwright.ledger.opening import open_ledger
    from greenwright.versions.in_ledger import LedgerRegistry

    return LedgerRegistry(open_ledger(ledger_url), project)
