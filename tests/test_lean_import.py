from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "torch",
    "numpy",
    "onnx",
    "onnxruntime",
    "sqlalchemy",
    "alembic",
    "rich",
    "typer",
    "httpx",
    "jinja2",
    "plotly",
    "optuna",
}


def brought_by(program: str) -> set[str]:
    """Top-level modules that a fresh Python has loaded once ``program`` has run."""
    ended = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print('\\n'.join(sys.modules), file=sys.stderr)"],
        check=True,
        capture_output=True,
        text=True,
    )
    return {name.partition(".")[0] for name in ended.stderr.split()}


def command(*arguments: str) -> str:
    return (
        "import sys\nfrom greenwright.cli.main import main\n"
        f"sys.argv = ['greenwright', *{list(arguments)}]\n"
        "try:\n    main()\nexcept SystemExit as ended:\n    assert not ended.code\n"
    )


def test_importing_greenwright_brings_nothing_heavy() -> None:
    brought = brought_by("import greenwright")

    assert "greenwright" in brought
    assert brought & HEAVY == set()


def test_importing_the_meter_brings_nothing_heavy() -> None:
    assert brought_by("from greenwright import Meter") & HEAVY == set()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_brings_only_what_parses_the_command_line(arguments: list[str]) -> None:
    assert brought_by(command(*arguments)) & HEAVY == {"typer"}


def test_doctor_brings_no_package_of_the_extras_it_reports() -> None:
    assert brought_by(command("doctor")) & HEAVY == {"typer", "rich"}
