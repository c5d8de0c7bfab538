from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from greenwright.audit.look import look
from greenwright.audit.mapping import UNITS, draft, read_mapping
from greenwright.errors import BadInputError

ODD = 'Dept;"Wall ""clock"" hours";Num GPUs;Energy (kWh);Mem GB;Colour\nphysics;2;4;1.5;64;red\n'


def mapping(folder: Path, text: str) -> Path:
    path = folder / "map.toml"
    path.write_text(text)
    return path


def test_a_draft_guesses_columns_and_units_and_lists_what_it_left_out(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text(ODD.replace('"Wall ""clock"" hours"', "Wall hours"))
    text = draft(look(str(tmp_path / "odd.csv")))

    assert tomllib.loads(text)["columns"] == {
        "team": "Dept",
        "duration_s": {"from": "Wall hours", "unit": "h"},
        "gpu_count": "Num GPUs",
        "memory_bytes": {"from": "Mem GB", "unit": "GB"},
        "node_energy_j": {"from": "Energy (kWh)", "unit": "kWh"},
    }
    assert "# not used: Colour" in text
    assert "such as physics" in text


def test_a_draft_can_be_read_back_whatever_the_columns_are_called(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text(ODD)
    path = mapping(tmp_path, draft(look(str(tmp_path / "odd.csv"))))

    assert read_mapping(path).columns["duration_s"].column == "wall_clock_hours"


@pytest.mark.parametrize(("unit", "ratio"), [("h", 3_600), ("ms", 1e-3), ("kWh", 3.6e6), ("GiB", 2**30), ("%", 0.01)])
def test_a_unit_is_a_number_of_ours(tmp_path: Path, unit: str, ratio: float) -> None:
    path = mapping(tmp_path, f'[columns]\nduration_s = {{ from = "x", unit = "{unit}" }}\n')

    assert read_mapping(path).columns["duration_s"].unit_ratio == ratio == UNITS[unit]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("columns = ", "is not TOML"),
        ("[colums]\n", r"has a table \[colums\]; known are \[columns\] and \[constants\]"),
        ('[columns]\nduration = "x"\n', "did you mean 'duration_s'"),
        ('[constants]\nqwxz = "x"\n', "see --columns"),
        ("[columns]\nduration_s = 3\n", "duration_s is 3; write"),
        ('[columns]\nduration_s = { from = "x", unit = "weeks" }\n', "has the unit 'weeks'; known are"),
    ],
)
def test_a_mapping_that_cannot_be_meant_says_what_can(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(BadInputError, match=match):
        read_mapping(mapping(tmp_path, text))


def test_a_mapping_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"there is no mapping file .*nowhere\.toml"):
        read_mapping(tmp_path / "nowhere.toml")
