"""Ask sources in turn until one answers; where none does, fall back to the yearly average, with a lower grade, and say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from greenwright import registry
from greenwright.grid.cache import keep, kept
from greenwright.grid.checks import doubts
from greenwright.grid.contract import Ask, Get, Meta, Reach, Source, SourceError, refusal
from greenwright.records.grid import Intensity

LAST = "catalogue"
UNCACHED = {"file", LAST}
"""Already here."""


def sources() -> dict[str, Source]:
    """Every source, by id."""
    return {name: cast("Source", module) for name, module in registry.load_all("sources").items()}


def usable(ask: Ask, settings: Mapping[str, str]) -> list[str]:
    """Sources that may answer this with what is set, in their order; the catalogue is always the last."""
    return [name for name, source in sources().items() if not refusal(ask, source.META) and not _lacking(source.META, settings)]


def passed_over(ask: Ask, settings: Mapping[str, str]) -> list[str]:
    """Why nobody asked the others that may know: "electricity-maps was not asked: ELECTRICITY_MAPS_TOKEN is not set"."""
    return [
        f"{name} was not asked: {' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not set"
        for name, source in sources().items()
        if not refusal(ask, source.META) and (lacking := _lacking(source.META, settings))
    ]


def intensity(  # noqa: PLR0913  a question, and all that a source is given to answer it
    ask: Ask,
    *,
    get: Get,
    settings: Mapping[str, str],
    now_s: float,
    names: Iterable[str] | None = None,
    cache: Path | None = None,
) -> Intensity:
    """The first sensible answer, with notes of what failed before it, and of what looks wrong in it.

    Where the yearly average has to stand in, the notes also say whom nobody asked, and why.

    Args:
        ask: what is asked.
        get: the door to the network; see ``grid.exchange.web``.
        settings: the environment.
        now_s: seconds since 1970.
        names: sources to ask, in order; those that may answer if None.
        cache: where answers are kept; nowhere if None.

    Raises:
        SourceError: nobody answered, and the catalogue has no number of that kind.
        BadInputError: no source has that name.
    """
    reach = Reach(get=get, settings=settings, now_s=now_s)
    failed: list[str] = []
    unasked = passed_over(ask, settings) if names is None else []
    for name in [*(usable(ask, settings) if names is None else names), LAST]:
        try:
            found = _one(name, ask, reach, cache)
        except SourceError as error:
            failed.append(f"{name}: {error}")
            continue
        return _noted(found, failed, unasked if name == LAST else [])
    why = "; ".join([*failed, *unasked])
    raise SourceError(f"nobody knows the {ask.signal}, {ask.boundary} intensity of {ask.zone}: {why}")


def _one(name: str, ask: Ask, reach: Reach, cache: Path | None) -> Intensity:
    if cache is None or name in UNCACHED:
        return _fetched(name, ask, reach)
    before = kept(cache, name, ask, reach.now_s)
    if before is not None:
        return before
    found = _fetched(name, ask, reach)
    keep(cache, name, ask, found)
    return found


def _fetched(name: str, ask: Ask, reach: Reach) -> Intensity:
    return cast("Source", registry.load("sources", name)).fetch(ask, reach)


def is_average(found: Intensity) -> bool:
    """Whether it is the catalogue's yearly average, the same at every hour, which stands in where nobody answered."""
    return found.source.startswith("the catalogue")


def _noted(found: Intensity, failed: list[str], unasked: list[str]) -> Intensity:
    fallen = [f"fell back after {reason}" for reason in failed]
    if is_average(found):
        stands_in = [f"the yearly average stands in for {'a forecast' if found.issued_s else 'hours'}: graded {found.grade}"]
        return replace(found, notes=(*fallen, *unasked, *stands_in, *found.notes))
    return replace(found, notes=(*fallen, *found.notes, *(f"{doubt.kind}: {doubt.text}" for doubt in doubts(found))))


def _lacking(meta: Meta, settings: Mapping[str, str]) -> list[str]:
    return [name for name in meta.needs if not settings.get(name, "").strip()]
