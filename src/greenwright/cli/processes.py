"""``greenwright processes``: which processes use this machine's energy, idling and the unattributed part named apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from greenwright.cli.show import console, print_json, section
from greenwright.meter.processes import watch
from greenwright.records.attribution import Attribution
from greenwright.records.quantities import Quantity
from greenwright.report.words import GRADE_WORDS, energy_range_text, energy_text
from greenwright.units import parse_duration_s

_SHOWN = 20


def processes(
    *,
    duration: Annotated[str, typer.Option("--for", metavar="DURATION", help="How long to look.")] = "5s",
    by: Annotated[str, typer.Option(help="process or cgroup.")] = "process",
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Look for a while, and say which processes used this machine's energy. Their shares, idling and the rest add up to it."""
    attribution = watch(parse_duration_s(duration), by=by)
    if json:
        print_json(attribution)
        return
    page = console()
    section(page, f"Energy of this machine in {attribution.duration_s:.3g} s", _rows(attribution))
    section(page, "Who used it", _shares(attribution))
    typer.echo(f"{GRADE_WORDS[attribution.total_j.grade]} Source: {attribution.total_j.source}")


def _rows(attribution: Attribution) -> Iterator[tuple[str, str, str]]:
    yield "all", *_texts(attribution.total_j)
    if attribution.has_baseline:
        yield "idling", *_texts(attribution.idle_j)
    else:
        yield (
            "idling",
            "not measured",
            "greenwright doctor --idle 30s   # until then it is in the shares, where counters see it",
        )
    yield "not attributed", *_texts(attribution.unattributed_j)


def _shares(attribution: Attribution) -> Iterator[tuple[str, str, str, str]]:
    yield "", "adds", "between", "with its part of idling"
    for share in attribution.shares[:_SHOWN]:
        yield share.name, *_texts(share.marginal_j), energy_text(share.full_j.value)
    if len(attribution.shares) > _SHOWN:
        rest = attribution.shares[_SHOWN:]
        yield f"{len(rest)} more", energy_text(sum(share.marginal_j.value for share in rest)), "", ""


def _texts(energy_j: Quantity) -> tuple[str, str]:
    return energy_text(energy_j.value), energy_range_text(energy_j) if energy_j.high > 0 else ""
