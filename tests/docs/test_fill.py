"""The tables and programs in the documents are those of today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def fill(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "docs" / "fill.py"), *arguments], check=False, capture_output=True, text=True
    )


@pytest.mark.slow
def test_nothing_in_the_documents_is_stale() -> None:
    ended = fill("--check")

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.slow
def test_a_stale_page_is_named_and_then_mended(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- from: runtimes -->\nthe tables of yesterday\n<!-- end -->\nafter\n")
    named = fill("--check", str(tmp_path))
    untouched = page.read_text()
    fill(str(tmp_path))
    lines = page.read_text().splitlines()

    assert (named.returncode, named.stderr) == (1, "README.md is stale: run python docs/fill.py\n")
    assert "yesterday" in untouched
    assert ["before", "<!-- from: runtimes -->", "| id | what runs the model | extra |"] == lines[:3]
    assert ["<!-- end -->", "after"] == lines[-2:]
    assert fill("--check", str(tmp_path)).returncode == 0
