from __future__ import annotations

import json

from typer.testing import CliRunner

from greenwright.cli.main import app

RUNNER = CliRunner()


def test_this_machine_s_energy_is_split_and_nothing_is_lost() -> None:
    told = json.loads(RUNNER.invoke(app, ["processes", "--for", "0.2s", "--json"]).stdout)

    marginal_j = sum(share["marginal_j"]["value"] for share in told["shares"])
    assert abs(told["total_j"]["value"] - told["idle_j"]["value"] - told["unattributed_j"]["value"] - marginal_j) < 1e-6


def test_people_see_who_used_it_and_how_well_that_is_known() -> None:
    said = RUNNER.invoke(app, ["processes", "--for", "0.2s", "--by", "cgroup"]).stdout

    assert "Who used it" in said
    assert "not attributed" in said
    assert "Source: " in said


def test_a_duration_that_is_none_is_refused() -> None:
    ended = RUNNER.invoke(app, ["processes", "--for", "soon"])

    assert 2 == ended.exit_code
    assert "'soon' is not a duration" in ended.output
