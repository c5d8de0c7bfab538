"""What sources answer, read with care: JSON that is none, fields that are missing and numbers that are text become ``SourceError``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from greenwright.errors import BadInputError
from greenwright.grid.contract import Ask, Meta, Reach, SourceError
from greenwright.grid.series import Point, cut, parse_time_s, regular, time_text
from greenwright.records.grid import Boundary, Intensity, Signal
from greenwright.records.quantities import Grade

HIGHEST_G_PER_KWH = 3_000.0
"""No plant emits more; what is above is another unit or a mistake."""


def as_json(body: bytes, who: str) -> Any:
    """The body as JSON.

    Raises:
        SourceError: it is something else.
    """
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        start = body[:60].decode(errors="replace")
        raise SourceError(f"{who} answered something that is not JSON: {start!r}") from error


def rows(answer: Any, path: tuple[str, ...], who: str) -> list[Mapping[str, Any]]:
    """The list of objects that stands at ``path``.

    Raises:
        SourceError: nothing of the kind stands there.
    """
    here = answer
    for key in path:
        here = here.get(key) if isinstance(here, Mapping) else None
    if not isinstance(here, list) or any(not isinstance(row, Mapping) for row in here):
        raise SourceError(f"{who} answered without a list at {'.'.join(path) or 'its top'}; has its interface changed?")
    return here


def number(row: Mapping[str, Any], key: str, who: str) -> float | None:
    """A field as a number; None where it is null or missing.

    Raises:
        SourceError: it is neither.
    """
    value = row.get(key)
    if value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise SourceError(f"{who} answered {key} = {value!r}, which is no number") from error


def moment_s(row: Mapping[str, Any], key: str, who: str) -> float:
    """A field as seconds since 1970.

    Raises:
        SourceError: it is missing or no time.
    """
    try:
        return parse_time_s(str(row[key]))
    except (KeyError, BadInputError) as error:
        raise SourceError(f"{who} answered a row without a time in {key}: {dict(row)!r}"[:200]) from error


def as_intensity(  # noqa: PLR0913  an answer and all that travels with it
    points: Iterable[Point],
    *,
    ask: Ask,
    meta: Meta,
    reach: Reach,
    signal: Signal,
    boundary: Boundary,
    step_s: float | None = None,
    issued_s: float | None = None,
    notes: tuple[str, ...] = (),
) -> Intensity:
    """Points as the series that was asked for.

    Raises:
        SourceError: none lies in the stretch, the times keep to no step, or a value cannot be an intensity.
    """
    try:
        start_s, step, values, found = regular(points, step_s)
    except BadInputError as error:
        raise SourceError(f"{meta.title}: {error}") from error
    for value in values:
        if value is not None and not -1.0 <= value <= HIGHEST_G_PER_KWH:
            raise SourceError(f"{meta.title} answered {value:g} g/kWh, which cannot be")
    series = Intensity(
        zone=ask.zone,
        start_s=start_s,
        step_s=step,
        values_g_per_kwh=tuple(None if value is None else max(0.0, value) for value in values),
        signal=signal,
        boundary=boundary,
        grade=Grade.MODELLED,
        source=meta.title,
        url=meta.url,
        issued_s=issued_s,
        fetched_s=reach.now_s,
        notes=(*notes, *found),
    )
    within = cut(series, ask.start_s, ask.end_s)
    if all(value is None for value in within.values_g_per_kwh):
        raise SourceError(f"{meta.title} knows nothing of {ask.zone} from {time_text(ask.start_s)} to {time_text(ask.end_s)}")
    return within
