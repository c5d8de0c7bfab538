"""The journal survives crashes, and nothing else passes for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.meter.journal import Journal, Line, append, read_journal
from greenwright.records.energy import Part, Window
from greenwright.records.quantities import Grade, Quantity

if TYPE_CHECKING:
    from pathlib import Path


def window(name: str) -> Window:
    energy = Quantity(value=1.5, low=1.0, high=2.0, grade=Grade.MODELLED, source="a fake")
    return Window(
        name=name,
        started_at="2026-01-01T00:00:00.000+00:00",
        duration_s=1.0,
        cpu_s=0.5,
        energy_j=energy,
        parts=(Part(counter="c", covers="all", energy_j=energy),),
    )


def test_what_was_written_is_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "new" / "journal.jsonl"
    windows = [window("a"), window("b\n"), window("ü")]
    for one in windows:
        append(path, one)

    assert windows == read_journal(path)


@settings(deadline=None)  # it waits for the disk
@given(data=st.data())
def test_a_line_torn_anywhere_is_left_out_and_the_next_is_whole(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    append(path, window("kept"))
    kept_bytes = path.stat().st_size
    append(path, window("törn"))
    cut = data.draw(st.integers(min_value=kept_bytes, max_value=path.stat().st_size - 1))
    path.write_bytes(path.read_bytes()[:cut])

    assert [window("kept")] == read_journal(path)
    append(path, window("next"))
    assert [window("kept"), window("next")] == read_journal(path)


@pytest.mark.parametrize("line", ['{"name": "half a record"}', "not JSON", "[1, 2]"])
def test_a_whole_line_that_is_no_window_is_an_error(tmp_path: Path, line: str) -> None:
    path = tmp_path / "journal.jsonl"
    append(path, window("a"))
    with path.open("a") as file:
        file.write(line + "\n")

    with pytest.raises(BadInputError, match="line 2 is no window"):
        read_journal(path)


def test_a_journal_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"none\.jsonl cannot be read"):
        read_journal(tmp_path / "none.jsonl")


def test_a_journal_that_is_kept_open_closes_off_what_another_tore(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "journal.jsonl")
    kept.write(Line(window=window("a")), durable=False)
    with kept.path.open("a") as other:
        other.write('{"window": {"na')
    kept.write(Line(window=window("b")), durable=False)

    assert [window("a"), window("b")] == read_journal(kept.path)


def test_what_is_not_waited_for_is_there_for_others_at_once(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "journal.jsonl")
    kept.write(Line(window=window("a")), durable=False)

    assert [window("a")] == read_journal(kept.path)


def test_moved_away_a_journal_begins_anew_after_the_next_line_that_is_waited_for(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "journal.jsonl")
    kept.write(Line(window=window("a")), durable=False)
    kept.path.rename(tmp_path / "old.jsonl")
    kept.write(Line(window=window("b")))
    kept.write(Line(window=window("c")))

    assert [window("a"), window("b")] == read_journal(tmp_path / "old.jsonl")
    assert [window("c")] == read_journal(kept.path)
