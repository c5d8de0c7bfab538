"""Files that are kept open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from greenwright.meter.files import KeptOpen


def test_a_file_that_is_kept_open_shows_what_it_shows_now(tmp_path: Path) -> None:
    (tmp_path / "energy").write_text("5\n")
    kept = KeptOpen(tmp_path / "energy")
    assert 5 == kept.integer()

    (tmp_path / "energy").write_text("123456\n")
    assert 123456 == kept.integer()


def test_after_a_look_that_failed_the_file_is_opened_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "energy").write_text("5\n")
    kept = KeptOpen(tmp_path / "energy")
    kept.integer()
    (tmp_path / "energy").rename(tmp_path / "gone")  # as a driver that is loaded again leaves a file of the same name
    (tmp_path / "energy").write_text("7\n")

    def refuse(*_: object) -> bytes:
        raise OSError(19, "No such device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", refuse)
        with pytest.raises(OSError, match="No such device"):
            kept.integer()

    assert 7 == kept.integer()


def test_a_file_that_is_forgotten_is_closed(tmp_path: Path) -> None:
    (tmp_path / "energy").write_text("5\n")

    def open_files() -> int:
        links = [Path(f"/proc/self/fd/{one}") for one in range(256)]
        return sum(os.path.lexists(one) and one.readlink() == tmp_path / "energy" for one in links)

    kept = KeptOpen(tmp_path / "energy")
    kept.integer()
    assert 1 == open_files()
    del kept

    assert 0 == open_files()
