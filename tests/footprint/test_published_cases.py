"""Published calculations, recomputed by the functions that users call; the data are beside the checkout, or nowhere."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("GREENWRIGHT_DATA", ROOT.parent / "shared" / "data")) / "lca_cases.csv"


def _bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("published_cases", ROOT / "bench" / "published_cases.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


bench = _bench()


@pytest.mark.skipif(not DATA.is_file(), reason=f"{DATA} is not here")
def test_every_published_case_is_reproduced_and_every_contradiction_reported() -> None:
    found = bench.outcomes(DATA)

    assert [one.case for one in found if not bench.right(one)] == []
    assert len(found) == 180
    assert all(one.why for one in found if one.verdict == "reported")


def test_the_kept_results_have_no_case_that_came_out_wrong() -> None:
    kept = json.loads((ROOT / "bench" / "results" / "published_cases.json").read_text())

    wrong = [one["case"] for one in kept if one["consistency"] == "ok" and one["verdict"] not in {"reproduced", "in range"}]
    assert wrong == []


HEADS = ("case_id", "group", "inputs_json", "formula", "expected_value", "rel_tol", "consistency")


def case(formula: str, inputs: str, expected: str, consistency: str = "ok") -> dict[str, str]:
    return dict(zip(HEADS, ("new", "new", inputs, formula, expected, "0.01", consistency), strict=True))


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (case("kwh_chips", '{"chips": 4, "avg_w": 250, "hours": 100, "pue": 1.2}', "120"), "reproduced"),
        (case("kwh_chips", '{"chips": 4, "avg_w": 250, "hours": 100, "pue": 1.2}', "144"), "reported"),
        (case("t_device_hours", '{"device_hours": 1000, "watts": 500, "kg_per_kwh": 0.4}', "0.2"), "reproduced"),
        (case("ewif_mix", '{"mix": {"COL": 1, "SUN": 1}}', "0.8517"), "reproduced"),
        (case("alloc_util", '{"embodied_kg": 200, "lifetime_y": 4, "utilisation": 0.5, "hours": 8760}', "100"), "reproduced"),
        (case("breakeven", '{"train_kwh": 900, "ft_kwh": 100, "kwh_per_inf": 0.001}', "1000000"), "reproduced"),
        (case("sum", '{"parts": [1, 2, 3]}', "7", "published_inconsistent"), "reported"),
        (case("spells", "{}", "1"), "not computed"),
    ],
)
def test_cases_that_are_in_no_file_come_out_as_they_must(row: dict[str, str], verdict: str) -> None:
    assert bench.outcome(row).verdict == verdict


def test_the_command_says_what_disagrees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cases.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, HEADS)
        writer.writeheader()
        writer.writerow(case("sum", '{"parts": [1, 2]}', "4"))

    assert bench.main([str(path)]) == 1
    assert "4 is published, and 3 follows" in capsys.readouterr().out
