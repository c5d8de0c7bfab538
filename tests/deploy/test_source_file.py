"""A Python file as a module."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from greenwright.deploy.source_file import import_file
from greenwright.errors import BadInputError

NAME = "a_workload_of_the_tests"


@pytest.fixture(autouse=True)
def imports(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is imported here is gone afterwards."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_file_may_import_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "neighbour_of_the_workload.py").write_text("answer = 42")
    (tmp_path / "workload.py").write_text("from neighbour_of_the_workload import answer")

    assert 42 == import_file(tmp_path / "workload.py", NAME).answer


def test_its_classes_know_where_they_come_from(tmp_path: Path) -> None:
    (tmp_path / "workload.py").write_text("class Network: pass")

    assert NAME == import_file(tmp_path / "workload.py", NAME).Network.__module__


@pytest.mark.parametrize(
    ("content", "why"), [("1 / 0", "ZeroDivisionError"), ("import not_there", "not_there"), ("def", "SyntaxError")]
)
def test_a_file_that_breaks_says_why(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "workload.py").write_text(content)

    with pytest.raises(BadInputError, match=f"workload.py cannot be imported: .*{why}"):
        import_file(tmp_path / "workload.py", NAME)
    assert NAME not in sys.modules


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be imported: FileNotFoundError"):
        import_file(tmp_path / "workload.py", NAME)


def test_a_file_that_is_no_program_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"")

    with pytest.raises(BadInputError, match="model.onnx is no Python file: its name ends in .onnx"):
        import_file(tmp_path / "model.onnx", NAME)
