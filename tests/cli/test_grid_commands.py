"""The commands about places, devices and the grid: what they print, in words and in JSON, and how they refuse."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from greenwright.cli.main import app

RUNNER = CliRunner()


def run(*words: str) -> str:
    ended = RUNNER.invoke(app, list(words))
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def told(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


def refused(*words: str) -> tuple[int, str]:
    ended = RUNNER.invoke(app, list(words))
    return ended.exit_code, ended.output


@pytest.fixture
def days(tmp_path: Path) -> Path:
    """Ninety days that are cleanest at noon."""
    path = tmp_path / "grid.csv"
    rows = [
        f"{1_700_006_400 + hour * 3600},{300 - 100 * max(0.0, math.sin((hour % 24 - 6) / 12 * math.pi)):.2f}"
        for hour in range(24 * 90)
    ]
    path.write_text("time,gco2_per_kwh\n" + "\n".join(rows) + "\n")
    return path


END = "2024-02-13T00:00Z"


def test_regions_are_listed_by_carbon_the_cleanest_first() -> None:
    found = told("catalogue", "regions", "--sort", "carbon")
    values = [one["intensity_g_per_kwh"]["value"] for one in found]

    assert values == sorted(values)
    assert len(found) > 150
    assert "aws/eu-north-1" in run("catalogue", "regions", "--sort", "carbon", "--count", "5")


def test_what_nobody_knows_comes_last() -> None:
    found = told("catalogue", "regions", "--sort", "carbon-free")
    known = [one["carbon_free_share"] is not None for one in found]

    assert known == sorted(known, reverse=True)


@pytest.mark.parametrize("what", ["regions", "countries", "zones", "accelerators", "cpus", "factors", "sources"])
def test_every_table_can_be_searched(what: str) -> None:
    assert told("catalogue", what, "--search", "no such thing") == []
    assert "Nothing in" in run("catalogue", what, "--search", "no such thing")
    assert told("catalogue", what)


def test_numbers_that_have_grown_old_are_said(home: Path) -> None:
    (home / "catalogue").mkdir(parents=True)
    (home / "catalogue" / "zones.csv").write_text("zone,intensity_g_per_kwh,year\nMINE,12,2015\n")

    assert "1 of these are about a year too long ago to be relied upon: MINE" in run("catalogue", "zones", "--search", "mine")


def test_what_no_source_confirmed_is_listed_as_such() -> None:
    found = {one["key"]: one for one in told("catalogue", "factors", "--search", "mass/")}
    words = run("catalogue", "factors", "--search", "mass/")

    assert (False, None) == (found["mass/server-unknown"]["confirmed"], found["mass/server-unknown"]["checked"])
    assert found["mass/gpu-h100"]["checked"] == "2026-11-24"
    assert "1 of these no source confirmed: mass/server-unknown" in words
    assert "no source confirmed" not in run("catalogue", "factors", "--search", "gpu-h100")


def test_accelerators_are_ranked_and_neuromorphic_ones_are_shown_apart() -> None:
    found = told("accelerators", "--flop", "2e12", "--bytes", "14e9", "--in", "DE")
    values = [one["g_per_unit"]["value"] for one in found["ranked"]]

    assert values == sorted(values)
    assert len(values) > 80
    assert any("experimental" in one["why"] and one["name"] == "Intel Loihi 2" for one in found["left_out"])
    assert "Not ranked" in run("accelerators", "--flop", "2e12", "--in", "DE")


def test_a_measured_run_is_preferred_and_said() -> None:
    found = told("accelerators", "--benchmark", "llama2-70b-99", "--flop", "1e14", "--only", "H200", "--only", "H100 SXM")[
        "ranked"
    ]

    assert [one["measured"] for one in found if one["name"] == "NVIDIA H200 SXM"] == [True]
    assert [one["measured"] for one in found if "H100" in one["name"]] == [False]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("accelerators",), "say what one unit of work is"),
        (("accelerators", "--flop", "0"), "more than 0 operations"),
        (("accelerators", "--flop", "1", "--peak-share", "2"), "at most 1"),
        (("accelerators", "--flop", "1", "--only", "Abacus 9"), "nobody knows Abacus 9"),
        (("intensity", "DE", "--forecast", "--own-forecast"), "choose one"),
        (("intensity", "DE", "--weather", "sky.csv"), "add that"),
        (("intensity", "DE", "--from", "yesterday"), "'yesterday' is not a time"),
        (("intensity", "DE", "--source", "oracle"), "no source is called 'oracle'"),
    ],
)
def test_wrong_use_is_told_what_to_do(words: tuple[str, ...], complaint: str) -> None:
    code, output = refused(*words)

    assert code == 2
    assert complaint in output


def test_without_a_key_the_yearly_average_stands_in_and_says_so() -> None:
    found = told("intensity", "DE", "--hours", "3")["intensity"]

    assert found["grade"] == "assumed"
    assert set(found["values_g_per_kwh"]) == {342.0}
    assert "no hour is better than another" in run("intensity", "DE", "--hours", "3")


def test_a_file_is_read_hour_by_hour(days: Path) -> None:
    found = told("intensity", "HOME", "--file", str(days), "--from", "2024-02-01T00:00Z", "--hours", "24")["intensity"]

    assert len(found["values_g_per_kwh"]) == 24
    assert min(found["values_g_per_kwh"]) == 200.0


@pytest.mark.parametrize(
    ("text", "complaint"), [(None, "No such file"), ("", "has no rows"), ("zone,time,value\nFR,2024-01-01,3\n", "about FR")]
)
def test_a_file_that_was_named_and_cannot_be_used_is_no_reason_for_an_average(
    tmp_path: Path, text: str | None, complaint: str
) -> None:
    path = tmp_path / "own.csv"
    if text is not None:
        path.write_text(text)

    code, said = refused("intensity", "DE", "--file", str(path))

    assert (code, complaint in said) == (2, True), said


def test_a_yearly_average_is_no_history_to_forecast_from() -> None:
    code, said = refused("intensity", "DE", "--own-forecast")

    assert code == 3
    assert "no history of DE" in said
    assert "ELECTRICITY_MAPS_TOKEN is not set" in said


def test_prices_are_listed_by_the_hour_the_cheapest_first() -> None:
    said = run("catalogue", "prices", "--sort", "price", "--search", "aws/us-east-1")

    assert "6.88" in said
    assert "SkyPilot" in said


def test_our_own_forecast_prints_what_it_is_worth_beside_what_it_took(days: Path) -> None:
    words = ("intensity", "HOME", "--file", str(days), "--own-forecast", "--from", END)
    found = told(*words)

    assert found["worth"]["captured_share"] > 0.95
    assert found["energy_j"]["value"] > 0
    assert 9 <= found["intensity"]["values_g_per_kwh"].index(min(found["intensity"]["values_g_per_kwh"])) <= 15
    assert "Making it took" in run(*words)


def test_a_marginal_number_that_nobody_knows_cannot_be_had_here() -> None:
    code, output = refused("intensity", "DE", "--marginal", "--direct")

    assert code == 3
    assert "nobody knows the marginal, direct intensity of DE" in output
