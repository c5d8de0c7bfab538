from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml

from greenwright.budgets.jobs import JOBS, job
from greenwright.budgets.read import find_config, read_plan
from greenwright.errors import BadInputError
from greenwright.records.checks import Basis, Metric
from greenwright.settings import resolve

CHECK = '[check]\ncommand = "python bench.py"\n'


def plan_of(tmp_path: Path, text: str):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a Plan
    path = tmp_path / "greenwright.toml"
    path.write_text(text)
    return read_plan(path)


def test_budgets_are_read_with_their_units_and_lines(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        CHECK + '[[budget]]\nmetric = "energy"\nmax = "2 mJ"\n'
        '[[budget]]\nmetric = "carbon"\nmax = "0.5 mg"\nquality = { metric = "accuracy", min = 0.95 }\n'
        '[[budget]]\nmetric = "size"\nmax = "10 MB"\n[[budget]]\nmetric = "latency"\nmax = "5 ms"\n'
        '[[budget]]\nmetric = "water"\nmax = "2 ml"\n[[budget]]\nmetric = "cost"\nmax = 0.001\n'
        '[[budget]]\nname = "creep"\nmetric = "energy"\nmax_rise = "2%"\nagainst = "digits@production"\nby = "flops"\n',
    )

    assert [one.most for one in plan.budgets[:6]] == [0.002, 0.0005, 1e7, 0.005, 0.002, 0.001]
    assert [one.metric for one in plan.budgets[:3]] == [Metric.ENERGY, Metric.CARBON, Metric.SIZE]
    last = plan.budgets[-1]
    assert (last.max_rise_share, last.against, last.basis, last.line) == (0.02, "digits@production", Basis.FLOPS, 22)
    assert plan.command == ("python", "bench.py")
    assert plan.base == ""


def test_a_relative_budget_compares_with_main_unless_told_otherwise(tmp_path: Path) -> None:
    assert plan_of(tmp_path, CHECK + '[[budget]]\nmetric = "energy"\nmax_rise = 0.02\n').base == "main"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no budgets"),
        ("[check\n", "is not TOML"),
        ('[check]\n[[budget]]\nmetric = "energy"\nmax = "1 J"\n', "has no command"),
        (CHECK + '[[budget]]\nmetric = "watts"\nmax = "1 J"\n', "metric is 'watts'; there are energy"),
        (CHECK + '[[budget]]\nmetric = "energy"\n', "needs either max"),
        (CHECK + '[[budget]]\nmetric = "energy"\nmax = "1 J"\nmax_rise = 0.1\n', "needs either max"),
        (CHECK + '[[budget]]\nmetric = "energy"\nmax = "2 apples"\n', "not an energy"),
        (CHECK + '[[budget]]\nmetric = "energy"\nmax = 2\n', "write it as text with its unit"),
        (CHECK + '[[budget]]\nmetric = "carbon"\nmax = "2 J"\n', 'write it as "0.5 mg"'),
        (CHECK + '[[budget]]\nmetric = "energy"\nmax_rise = 200\n', "which is 20000%"),
        (CHECK + '[[budget]]\nmetric = "energy"\nmax_rise = "much"\n', "write a share"),
        (CHECK + '[[budget]]\nmetric = "energy"\nmx = "1 J"\n', "did you mean 'max'"),
        (CHECK + "units = 0\n" + '[[budget]]\nmetric = "energy"\nmax = "1 J"\n', "units is 0; write a number above 0"),
        (CHECK + "repeats = true\n" + '[[budget]]\nmetric = "energy"\nmax = "1 J"\n', "repeats is True"),
        (
            CHECK + '[[budget]]\nmetric = "energy"\nmax = "1 J"\n[[budget]]\nmetric = "energy"\nmax = "2 J"\n',
            "several budgets called energy",
        ),
        (CHECK + '[[budget]]\nmetric = "energy"\nmax = "1 J"\nquality = { metric = "f1" }\n', "quality needs min"),
    ],
)
def test_what_nobody_could_hold_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInputError, match=said.replace("(", r"\(")):
        plan_of(tmp_path, text)


def test_the_config_is_found_in_a_folder_above(tmp_path: Path) -> None:
    (tmp_path / "greenwright.toml").touch()
    (tmp_path / "deep" / "down").mkdir(parents=True)

    assert find_config(tmp_path / "deep" / "down") == tmp_path / "greenwright.toml"


def test_budgets_and_settings_share_one_file(tmp_path: Path) -> None:
    (tmp_path / "greenwright.toml").write_text('out = "made"\n' + CHECK + '[[budget]]\nmetric = "energy"\nmax = "1 J"\n')

    assert resolve({}, {}, tmp_path).out == tmp_path / "made"


@pytest.mark.parametrize("name", JOBS)
def test_every_ready_made_file_can_be_read(name: str, tmp_path: Path) -> None:
    if name == "toml":
        assert plan_of(tmp_path, job(name)).budgets[0].name == "no creep"
        assert tomllib.loads(job(name))
    else:
        assert "greenwright" in str(yaml.safe_load(job(name)))


def test_the_hook_for_pre_commit_runs_the_check() -> None:
    [hook] = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text())

    assert hook["entry"].startswith("greenwright check")
    assert hook["pass_filenames"] is False


def test_an_unknown_job_is_named() -> None:
    with pytest.raises(BadInputError, match="no job 'jenkins'; there are toml, github"):
        job("jenkins")
