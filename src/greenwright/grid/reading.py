"""Ask sources in turn until one answers; where none does, fall back to the yearly average, with a lower grade, and say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from greenwright import registry
from greenwright.grid.cache import keep, kept
from greenwright.grid.checks import doubts
from greenwright.grid.contract import Ask, Get, Meta, Reach, Source, SourceError
from greenwright.records.grid import Intensity

LAST = "catalogue"
UNCACHED = {"file", LAST}
"""Already here."""


def sources() -> dict[str, Source]:
    """Every source, by id."""
    return {name: cast("Source", module) for name, module in registry.load_all("sources").items()}


def usable(ask: Ask, settings: Mapping[str, str]) -> list[str]:
    """Sources that may answer this with what is set, in their order; the catalogue is always the last."""
    return [name for name, source in sources().items() if _may_answer(source.META, ask, settings)]


def intensity(  # noqa: PLR0913  a question, and all that a source is given to answer it
    ask: Ask,
    *,
    get: Get,
    settings: Mapping[str, str],
    now_s: float,
    names: Iterable[str] | None = None,
    cache: Path | None = None,
) -> Intensity:
    """The first sensible answer; each source that failed before it becomes a note, and so does what looks wrong in the answer.

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
    for name in [*(usable(ask, settings) if names is None else names), LAST]:
        try:
            found = _one(name, ask, reach, cache)
        except SourceError as error:
            failed.append(f"{name}: {error}")
            continue
        return _noted(found, failed)
    raise SourceError(f"nobody knows the {ask.signal}, {ask.boundary} intensity of {ask.zone}: {'; '.join(failed)}")


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


def _noted(found: Intensity, failed: list[str]) -> Intensity:
    fallen = tuple(f"fell back after {reason}" for reason in failed)
    seen = () if found.source.startswith("the catalogue") else tuple(f"{doubt.kind}: {doubt.text}" for doubt in doubts(found))
    return replace(found, notes=(*fallen, *found.notes, *seen))


def _may_answer(meta: Meta, ask: Ask, settings: Mapping[str, str]) -> bool:
    asked = ask.signal in meta.signals and ask.boundary in meta.boundaries and (meta.forecast if ask.forecast else meta.history)
    if meta.id == "neso" and ask.zone.upper() != "GB":
        return False
    return asked and all(settings.get(name, "").strip() for name in meta.needs)
