"""``greenwright models``: the models that studies released, from the ledger."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from greenwright.cli.show import console, print_json, section
from greenwright.report.words import energy_text, noun_text, quality_text, share_text, size_text
from greenwright.settings import resolve

if TYPE_CHECKING:
    from greenwright.ledger.entries import ModelEntry


def models(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    ledger: Annotated[str | None, typer.Option("--ledger", help="Read this ledger: a database URL.", metavar="URL")] = None,
) -> None:
    """List the models that studies released, the newest first, with what each is proven to save."""
    url = resolve({"ledger_url": ledger}).ledger_url
    found = _models(url)
    if json:
        print_json(found)
    elif found:
        _print(found)
    else:
        typer.echo("No models yet. Make the first with: greenwright optimize WORKLOAD")


def _models(url: str) -> list[ModelEntry]:
    from greenwright.ledger.opening import has_ledger, open_ledger

    return open_ledger(url).models() if has_ledger(url) else []


def _print(found: list[ModelEntry]) -> None:
    page = console()
    for model in found:
        section(page, f"{model.study}, {model.artifact.created_at[:10]}", _rows(model))


def _rows(model: ModelEntry) -> list[tuple[str, str]]:
    quality, before, after = model.quality, model.baseline_energy_j, model.candidate_energy_j
    as_text = partial(quality_text, metric=quality.metric)
    gone = "" if Path(model.artifact.path).exists() else " (no longer there)"
    return [
        ("saves", f"{share_text(model.saving_share)} of the energy"),
        ("energy", f"{energy_text(before.value)} → {energy_text(after.value)} per {noun_text(model.unit)}, {after.grade}"),
        (quality.metric, f"{as_text(quality.baseline)} → {as_text(quality.candidate)} on the test set"),
        ("size", size_text(model.artifact.size_bytes)),
        ("file", f"{model.artifact.path}{gone}"),
        ("sha256", model.artifact.sha256),
        ("workload", model.workload),
    ]
