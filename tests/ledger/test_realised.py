from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from greenwright.ledger.entries import ArtifactEntry
from greenwright.ledger.lineage import retire
from greenwright.ledger.realised import realised, waited
from greenwright.ledger.runs import About, add_run
from greenwright.ledger.store import Ledger
from greenwright.records.runs import Run
from greenwright.records.study import StudyRecord


def test_an_empty_ledger_has_realised_nothing(kept: Ledger) -> None:
    assert realised(kept) == []


def test_studies_runs_that_waited_and_versions_that_gave_way_are_told_by_the_command_that_made_them(
    kept: Ledger, study: StudyRecord, artifact: ArtifactEntry, a_run: Callable[..., Run]
) -> None:
    kept.add_study(study, (), artifact)
    for key, carbon_g in (("a", 60.0), ("b", 90.0), ("c", 110.0)):
        add_run(kept, a_run(key), waited(carbon_g, 100.0, 1e6))
    add_run(kept, replace(a_run("d"), name="an ordinary run"), About(phase="train"))
    retire(kept, "digits", "untouched", "proven", replaced_by="1")

    found = {one.action: one for one in realised(kept)}

    assert set(found) == {"greenwright optimize", "greenwright run", "greenwright models"}
    run = found["greenwright run"]
    assert [round(one, 6) for one in (run.low_share, run.saving_share, run.high_share)] == [-0.1, 0.1, 0.4]
    assert run.case_count == 3
    assert found["greenwright models"].saving_share == found["greenwright optimize"].saving_share == 0.5
