from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from greenwright.audit.look import HEAD_BYTES, Form, look
from greenwright.errors import BadInputError

TABLE = "Job ID,GPU Count\n1,2\n3,\n"


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_a_packed_table_is_seen_through(tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"log.csv.{ending}"
    path.write_bytes(pack(TABLE.encode()))
    seen = look(str(path))

    assert (seen.form, seen.columns, seen.spelt) == (Form.CSV, ("job_id", "gpu_count"), ("Job ID", "GPU Count"))
    assert seen.values("gpu_count") == ["2"]


@pytest.mark.parametrize("delimiter", ["|", ",", ";", "\t"])
def test_what_stands_between_cells_is_found_below_remarks(tmp_path: Path, delimiter: str) -> None:
    (tmp_path / "log").write_text("# made by hand\n\n" + TABLE.replace(",", delimiter))
    seen = look(str(tmp_path / "log"))

    assert (seen.delimiter, seen.skip_count, seen.has("job_id", "gpu_count")) == (delimiter, 2, True)


@pytest.mark.parametrize(("encoding", "found"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16")])
def test_marks_of_byte_order_are_no_part_of_the_first_column(tmp_path: Path, encoding: str, found: str) -> None:
    (tmp_path / "log.csv").write_bytes(TABLE.encode(encoding))
    seen = look(str(tmp_path / "log.csv"))

    assert (seen.encoding, seen.columns[0]) == (found, "job_id")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('{"a": 1}\n{"a": 2}\n', Form.LINES),
        ('{"a": 1}\n', Form.JSON),
        ('[\n{"a": 1}\n]\n', Form.JSON),
        ('{"a":\n 1}\n', Form.JSON),
        ("metric 5\n", Form.TEXT),
    ],
)
def test_json_lines_and_text_are_told_apart(tmp_path: Path, text: str, form: Form) -> None:
    (tmp_path / "source").write_text(text)

    assert look(str(tmp_path / "source")).form is form


def test_of_a_long_file_the_first_rows_are_read_whole(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("a,b\n" + f"{'x' * 2_000},1\n" * 500)
    seen = look(str(tmp_path / "log.csv"))

    assert len(seen.text) <= HEAD_BYTES
    assert {row["b"] for row in seen.sample} == {"1"}


def test_a_folder_is_one_and_a_file_that_ends_too_soon_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(TABLE.encode() * 100)[:-10])

    assert look(str(tmp_path)).form is Form.FOLDER
    with pytest.raises(BadInputError, match="cannot be read"):
        look(str(tmp_path / "log.csv.gz"))
