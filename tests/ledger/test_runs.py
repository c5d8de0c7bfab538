from __future__ import annotations

from collections.abc import Callable

import pytest

from greenwright.errors import BadInputError
from greenwright.ledger.lineage import add_version
from greenwright.ledger.runs import About, add_run, add_windows, all_runs, windows_of
from greenwright.ledger.store import Ledger
from greenwright.records.energy import Window
from greenwright.records.runs import Run
from greenwright.records.versions import ModelVersion


def test_a_run_comes_back_with_its_windows(kept: Ledger, a_run: Callable[..., Run]) -> None:
    run = a_run("host/1", 30.0, 31.5)

    run_id = add_run(kept, run, About(project="shop", phase="train", unit="1 image", units_per_window=64, tags={"team": "a"}))

    [entry] = all_runs(kept)
    assert (entry.id, entry.source_key, entry.command) == (run_id, "host/1", "python 'a b.py'")
    assert entry.about == About(project="shop", phase="train", unit="1 image", units_per_window=64, tags={"team": "a"})
    assert tuple(windows_of(kept, run_id)) == run.windows


def test_a_run_that_is_there_already_is_not_added_again(kept: Ledger, a_run: Callable[..., Run]) -> None:
    first, second = add_run(kept, a_run("host/1", 30.0)), add_run(kept, a_run("host/1", 30.0))

    assert first == second
    assert len(windows_of(kept, first)) == 1


def test_a_run_is_of_a_version_that_exists(kept: Ledger, a_run: Callable[..., Run]) -> None:
    add_version(kept, ModelVersion(model="digits", version="3"))
    add_run(kept, a_run("host/1"), About(model="digits", version="3"))

    assert [run.source_key for run in all_runs(kept, model="digits", version="3")] == ["host/1"]
    with pytest.raises(BadInputError, match="digits has no version '4'"):
        add_run(kept, a_run("host/2"), About(model="digits", version="4"))
    assert len(all_runs(kept)) == 1


def test_runs_are_found_by_their_project(kept: Ledger, a_run: Callable[..., Run]) -> None:
    for project in ("shop", "search"):
        add_run(kept, a_run(f"host/{project}"), About(project=project))

    assert [run.about.project for run in all_runs(kept, project="search")] == ["search"]


def test_windows_are_added_batch_by_batch_and_counted(
    kept: Ledger, a_run: Callable[..., Run], a_window: Callable[..., Window]
) -> None:
    run_id = add_run(kept, a_run("service/1"))

    assert add_windows(kept, run_id, (a_window(float(joules)) for joules in range(5_500))) == 5_500
    assert sum(window.energy_j.value for window in windows_of(kept, run_id)) == sum(range(5_500))


def test_windows_of_a_run_that_is_not_there_are_refused(kept: Ledger, a_window: Callable[..., Window]) -> None:
    with pytest.raises(BadInputError, match="refused the entry"):
        add_windows(kept, "nowhere", [a_window()])
