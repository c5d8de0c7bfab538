"""``assess``, ``report`` and ``check-claims`` as people call them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def greenwright(*arguments: str, stdin: str = "", folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "greenwright", *arguments], input=stdin, capture_output=True, text=True, check=False, cwd=folder
    )


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example that the command prints, assessed."""
    folder = tmp_path_factory.mktemp("life")
    (folder / "life.toml").write_text(greenwright("assess", "--example").stdout)
    told = greenwright("assess", "life.toml", "--out", "report.json", folder=folder)
    assert told.returncode == 0, told.stderr
    assert "By part" in told.stdout
    return folder


def test_the_printed_example_makes_a_report_in_every_form(assessed: Path) -> None:
    told = greenwright("report", "report.json", "--format", "all", "--out", "all", folder=assessed)

    assert told.returncode == 0, told.stderr
    assert sorted(path.name for path in (assessed / "all").iterdir()) == [
        "cyclonedx.cdx.json",
        "esrs-e1.csv",
        "eu-ai-act.csv",
        "html.html",
        "json.json",
        "markdown.md",
        "model-card.md",
    ]
    assert "leaves blank" in told.stderr
    assert "warning" not in told.stderr


def test_the_suffix_of_the_file_chooses_the_form(assessed: Path) -> None:
    assert greenwright("report", "report.json", "--out", "page.html", folder=assessed).returncode == 0
    assert (assessed / "page.html").read_text().startswith("<!doctype html>")
    assert json.loads(greenwright("report", "report.json", "--json", folder=assessed).stdout)["schema_version"] == 1


def test_reports_that_were_made_pass_the_check_of_claims(assessed: Path) -> None:
    greenwright("report", "report.json", "--format", "all", "--out", "all", folder=assessed)

    told = greenwright("check-claims", "all/markdown.md", "all/html.html", "all/model-card.md", folder=assessed)

    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("assess", "absent.toml"), 2, "cannot be read"),
        (("assess",), 2, "no plan was given"),
        (("report", "absent.json"), 2, "there is no absent.json"),
        (("report",), 2, "no source was given"),
        (("report", "nothing-of-this-id"), 2, "no ledger that could hold"),
        (("report", "report.json", "--format", "pdf"), 2, "no format is called 'pdf'"),
        (("report", "report.json", "--format", "all"), 2, "say where with --out"),
        (("check-claims", "absent.md"), 2, "cannot be read"),
    ],
)
def test_wrong_use_is_one_line_and_says_what_to_do(assessed: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    told = greenwright(*arguments, folder=assessed)

    assert (told.returncode, told.stdout) == (code, "")
    assert message in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


def test_wrong_claims_fail_and_no_claims_cannot_tell() -> None:
    wrong = greenwright("check-claims", "-", stdin="# A model\n\nWe used 12 MWh and emitted 4.8 kg CO2e.\n")
    right = greenwright(
        "check-claims", "-", stdin="# A model\n\nWe used 12 MWh (facility) and emitted 4.8 t CO2e, location-based.\n"
    )
    nothing = greenwright("check-claims", "-", stdin="# A model\n\nIt is good.\n")

    assert (wrong.returncode, right.returncode, nothing.returncode) == (1, 0, 4)
    assert "implied-intensity" in wrong.stdout
    assert "nothing to check" in nothing.stdout


def test_findings_are_json_for_programs() -> None:
    told = greenwright("check-claims", "-", "--json", stdin="# A model\n\nWe used 12 MWh and emitted 4.8 kg CO2e.\n")

    (file,) = json.loads(told.stdout)
    assert {one["guard"] for one in file["findings"]} >= {"implied-intensity"}
    assert file["statements"] == 2


def test_formats_are_listed_with_what_they_leave_blank() -> None:
    (first, *_) = json.loads(greenwright("report", "--formats", "--json").stdout)

    assert first["format"] == "html"
    assert first["leaves_blank"]
