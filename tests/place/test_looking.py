from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from greenwright.catalogue.places import Place, place
from greenwright.grid.contract import SourceError
from greenwright.place.looking import look, of_series
from greenwright.records.grid import Boundary, Intensity, Signal
from greenwright.records.quantities import Grade

H = 3600.0
START = datetime(2024, 2, 1, tzinfo=UTC)


def silent(_address: str, _query: Mapping[str, str], _headers: Mapping[str, str]) -> bytes:
    """A network that nobody answers on."""
    raise SourceError("nobody answers")


def a_file(folder: Path, days: int) -> Path:
    """So many days before the start that are cleanest at noon."""
    first = START.timestamp() - days * 86_400
    rows = [
        f"{first + hour * H:.0f},{300 - 100 * max(0.0, math.sin((hour % 24 - 6) / 12 * math.pi)):.2f}"
        for hour in range(24 * days)
    ]
    path = folder / "grid.csv"
    path.write_text("time,gco2_per_kwh\n" + "\n".join(rows) + "\n")
    return path


def asked(where: Place, settings: Mapping[str, str]) -> object:
    return look(get=silent, settings=settings, cache=None)(where, START, H, 24)


def test_history_becomes_a_forecast_that_knows_the_noon(tmp_path: Path) -> None:
    found = look(get=silent, settings={"GREENWRIGHT_INTENSITY_FILE": str(a_file(tmp_path, 60))}, cache=None)(
        place("DE"), START, H, 24
    )

    assert found is not None
    assert len(found.median_g_per_kwh) >= 24
    assert 10 <= int(found.median_g_per_kwh[:24].argmin()) <= 14
    assert (found.low_g_per_kwh <= found.median_g_per_kwh).all()


def test_too_little_history_makes_no_forecast(tmp_path: Path) -> None:
    assert asked(place("DE"), {"GREENWRIGHT_INTENSITY_FILE": str(a_file(tmp_path, 5))}) is None


def test_where_nobody_knows_more_than_a_mean_there_is_no_outlook() -> None:
    assert asked(place("DE"), {}) is None
    assert asked(place("nowhere"), {}) is None


def series(start_s: float, *values: float | None) -> Intensity:
    return Intensity(
        zone="DE",
        start_s=start_s,
        step_s=H,
        values_g_per_kwh=values,
        signal=Signal.AVERAGE,
        boundary=Boundary.LIFE_CYCLE,
        grade=Grade.MODELLED,
        source="a test's own",
        fetched_s=start_s,
    )


def test_hours_that_nobody_knows_are_as_the_last_one_known() -> None:
    found = of_series(series(START.timestamp(), 10, None, 30, 40), START, H, 4)

    assert found is not None
    assert found.median_g_per_kwh.tolist() == [10, 10, 30, 40]


@pytest.mark.parametrize("values", [(None, None), (5.0,), (None, 5.0, 6.0)])
def test_a_series_that_does_not_cover_the_start_is_no_outlook(values: tuple[float | None, ...]) -> None:
    assert of_series(series(START.timestamp(), *values), START, H, 2) is None
