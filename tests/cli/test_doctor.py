from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from greenwright.cli import doctor as doctor_module
from greenwright.cli.doctor import examine
from greenwright.cli.extras import Extra
from greenwright.cli.main import app
from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.meter.sensors import Source
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade

RUNNER = CliRunner()


class WallPlug:
    """A probe of one counter, on a machine that has it."""

    META = Meta(
        id="wall_plug",
        title="Meter in the wall plug",
        covers="all that hangs on the plug",
        leaves_out="nothing",
        grade=Grade.COUNTER,
        update_s=1.0,
        source="its manual",
    )

    def find(self, root: Path = Path("/")) -> list[Counter]:
        return [Counter(id="plug:0", component="gpu", handle=None, covers="[board] of GPU 0")]

    def missing(self, root: Path = Path("/")) -> list[Missing]:
        return []

    def read(self, counter: Counter) -> Reading:
        return Reading(counter=counter.id, energy_j=0.0, at_s=clock.now_s())


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One counter that is here, and one that could be."""
    plug = WallPlug()
    source = Source(probe=plug, counter=plug.find()[0])
    missing = Missing(what="CPU energy counter", why="only root may read it", mend="sudo chmod -R a+r /sys/class/powercap")
    monkeypatch.setattr(doctor_module, "sensors", lambda: ([source], [missing]))
    monkeypatch.setattr(doctor_module, "cross_check", lambda found: [])


@pytest.mark.usefixtures("found")
def test_doctor_says_what_a_counter_covers_and_how_good_it_is() -> None:
    said = RUNNER.invoke(app, ["doctor"]).stdout

    assert "plug:0  Meter in the wall plug" in said
    assert "grade: counter." in said
    assert "covers: [board] of GPU 0" in said
    assert "leaves out: nothing" in said


@pytest.mark.usefixtures("found")
def test_doctor_says_what_is_missing_and_how_to_mend_it() -> None:
    said = RUNNER.invoke(app, ["doctor"]).stdout

    assert "CPU energy counter  only root may read it" in said
    assert "mend: sudo chmod -R a+r /sys/class/powercap" in said


@pytest.mark.usefixtures("found")
def test_a_gpu_that_is_measured_belongs_to_the_machine() -> None:
    assert examine().machine.gpus == ("[board] of GPU 0",)


@pytest.mark.usefixtures("found")
def test_doctor_fits_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    lines = RUNNER.invoke(app, ["doctor"]).stdout.splitlines()

    assert max(map(len, lines)) <= 80


def test_away_from_a_terminal_there_are_no_colours_and_no_padding() -> None:
    said = RUNNER.invoke(app, ["doctor"]).stdout

    assert "\x1b" not in said
    assert [line for line in said.splitlines() if line != line.rstrip()] == []


def test_a_machine_with_nothing_to_measure_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_module, "sensors", lambda: ([], []))

    said = RUNNER.invoke(app, ["doctor"]).stdout

    assert "nothing can be measured" in said
    assert "All is here" not in said


def test_an_extra_that_is_missing_comes_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = Extra(name="optimize", installed={}, missing=("torch",), command="pip install 'greenwright[optimize]'")
    monkeypatch.setattr(doctor_module, "extras", lambda: [torch])

    said = RUNNER.invoke(app, ["doctor"]).stdout

    assert "optimize  missing  torch; install with: pip install 'greenwright[optimize]'" in said
    assert said.endswith("Next: pip install 'greenwright[optimize]'\n")


def test_doctor_says_who_decided_each_setting(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENWRIGHT_LEDGER_URL", "postgresql://me:secret@host/db")

    settings = {setting.name: (setting.value, setting.origin) for setting in examine().settings}

    assert settings["home"] == (str(home), "GREENWRIGHT_HOME")
    assert settings["ledger_url"] == ("postgresql://me:***@host/db", "GREENWRIGHT_LEDGER_URL")


def test_doctor_in_json_holds_all_that_the_page_says() -> None:
    checkup = json.loads(RUNNER.invoke(app, ["doctor", "--json"]).stdout)

    assert set(checkup) == {"machine", "sensors", "missing", "checks", "grading", "facts", "extras", "settings"}
    assert [setting["name"] for setting in checkup["settings"]] == ["home", "ledger_url", "out"]


def test_looking_makes_no_file(home: Path) -> None:
    RUNNER.invoke(app, ["doctor"])

    assert not home.exists()
