"""Programs that the documents show run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
SAYS = {
    "check_a_meter": r"constant: .* wrong by 0\.0000%; no problems\n(.+ wrong by 0\.0\d+%; .+\n)+$",
    "compare_two_functions": r"str\.count needs [\d.]+% of the energy of re\.findall\nbetween .*\nthe interval is ",
    "digits_workload": "",
    "energy_per_token": r"as it is: .* mJ per token read, .* mJ per token said\n  said takes .*\nStore weights and compute in 16 bits: ",
    "footprint_of_a_run": r"[\d,]+ g CO2e, between .*\n[\d.]+ mg per request by location; SCI .*\n[\d.]+ L at the site, ",
    "forecast_a_grid": r"cleanest at .*T\d\d:00Z: \d+ g/kWh\na 6 h job that waited would have saved \d+%, perfect knowledge \d+%\n",
    "energy_beside_dvclive": r"accuracy: 0\.97\ncarbon_g: .*\n(.*\n)*energy_j: ",
    "energy_beside_prefect": r"(?s).*table True\n$",
    "energy_beside_wandb": r"greenwright/train/carbon_g: .*\n(.*\n)*greenwright/train/energy_j: ",
    "energy_beside_mlflow": r"accuracy: 0\.97\ngreenwright/train/carbon_g: .*\n(.*\n)*greenwright/train/energy_j: ",
    "from_python": r"training took .*\ntogether they need .*\n(The new model needs|Keep your model)",
    "measure_a_block": r"roots: .* J, \w+, between .*\n(roots lasted .*\n)?job: ",
    "who_used_it": r"(.+: .+ J, between .+\n){1,3}\d+ processes, idling and the unattributed part: (\S+) J of \2 J",
    "measure_epochs": r"epoch 1: .*J.*\nepoch 2: .*\nepoch 3: .*\ntraining: .*\n3 epochs needed .*J, graded \w+\n",
    "measure_functions": r"(think|fetch): .* J\n(.*\n){3}4 rows in answers\.csv\n",
    "place_a_job": r"Run at aws/eu-",
    "read_a_study": r"(?s)measuring the baseline\n.*(The new model needs .*the search is repaid after|Keep your model).*",
}
"""What each prints, by name."""
SLOW = {"check_a_meter", "compare_two_functions", "energy_per_token", "from_python", "read_a_study"} | {
    one for one in SAYS if "beside" in one
}
NEEDS = {"energy_beside_dvclive": "dvclive", "energy_beside_prefect": "prefect", "energy_beside_wandb": "wandb"}
"""Packages that bring too much to be installed for one test, or that do not go with ours; an example is skipped without its own."""
_NOISE = re.compile(r"site-packages/torchao/|torch/utils/_pytree\.py")
"""transformers imports torchao where it is installed, and that tells of every GPU library that it cannot load here."""


def run(name: str, folder: Path) -> str:
    """What the program prints, run in a folder of its own."""
    ended = subprocess.run(
        [sys.executable, "-W", "error::UserWarning:__main__", str(EXAMPLES / f"{name}.py")],
        check=False,
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MLFLOW_LOGGING_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
    )
    said = [line for line in ended.stderr.splitlines() if not _NOISE.search(line)]
    assert (ended.returncode, said) == (0, [])
    return ended.stdout


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in sorted(SAYS)])
def test_an_example_runs_and_says_what_it_found(name: str, tmp_path: Path) -> None:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason=f"{NEEDS[name]} is not installed")

    assert re.match(SAYS[name], run(name, tmp_path))


def test_no_example_is_forgotten() -> None:
    assert sorted(SAYS) == sorted(path.stem for path in EXAMPLES.glob("*.py"))


@pytest.mark.slow
def test_the_example_of_a_workload_is_one() -> None:
    from greenwright.study.workload import load_workload

    workload = load_workload(EXAMPLES / "digits_workload.py")

    assert (workload.name, workload.unit, len(workload.test[1])) == ("digits", "1 image", 597)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_a_page_shows_every_example(path: Path) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]

    assert any(f"```python\n{path.read_text()}```" in page.read_text() for page in pages)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 40
