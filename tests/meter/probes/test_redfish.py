"""A stand-in for a management controller, in both of Redfish's forms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from greenwright.errors import CannotHereError
from greenwright.meter.probes import redfish
from greenwright.testing.power import FakePowerMachine, answering
from greenwright.testing.probes import ProbeContract

CHASSIS = "/redfish/v1/Chassis"


def controller(power_w: float, *, newer: bool = False) -> dict[str, Any]:
    shown = {
        f"{CHASSIS}/System.Embedded.1/Power": {"PowerControl": [{"MemberId": "0", "PowerConsumedWatts": power_w}]},
        f"{CHASSIS}/Backplane/Power": {"PowerControl": [{"MemberId": "0"}]},
    }
    if newer:
        shown = {f"{CHASSIS}/System.Embedded.1/EnvironmentMetrics": {"PowerWatts": {"Reading": power_w}}}
    members = [{"@odata.id": f"{CHASSIS}/Backplane"}, {"@odata.id": f"{CHASSIS}/System.Embedded.1"}]
    return {CHASSIS: {"Members": members}, **shown}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    known = controller(310.0)
    with answering(known) as url:
        monkeypatch.setenv("GREENWRIGHT_REDFISH_URL", url.replace("http://", "http://root:calvin@"))
        yield known


@pytest.mark.usefixtures("answers")
class TestContract(ProbeContract):
    probe = redfish

    @pytest.fixture(autouse=True)
    def _keep(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePowerMachine:
        def show(power_w: float, _energy_j: float) -> None:
            self.answers.update(controller(power_w))

        return FakePowerMachine(tmp_path, monkeypatch, 310.0, show)

    def test_on_a_bare_machine_it_says_why_there_is_nothing(self, tmp_path: Path) -> None:
        self.answers.clear()
        self.answers["requests"] = []
        super().test_on_a_bare_machine_it_says_why_there_is_nothing(tmp_path)


def test_newer_controllers_show_it_under_another_name(answers: dict[str, Any]) -> None:
    del answers[f"{CHASSIS}/System.Embedded.1/Power"]
    answers.update(controller(250.0, newer=True))
    (counter,) = redfish.find()

    assert 250.0 == redfish.read(counter).power_w


def test_the_password_is_sent_and_never_shown(answers: dict[str, Any]) -> None:
    (counter,) = redfish.find()

    assert {"Basic cm9vdDpjYWx2aW4="} == {authorization for _, authorization in answers["requests"]}
    assert "calvin" not in counter.source


def test_a_controller_without_power_says_so(answers: dict[str, Any]) -> None:
    del answers[f"{CHASSIS}/System.Embedded.1/Power"]
    (missing,) = redfish.missing()

    assert [] == redfish.find()
    assert "no chassis that shows its power" in missing.why
    assert "calvin" not in missing.why


def test_a_controller_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENWRIGHT_REDFISH_URL", "http://root:calvin@127.0.0.1:9")
    (missing,) = redfish.missing()

    assert [] == redfish.find()
    assert "http://127.0.0.1:9/redfish/v1/Chassis does not answer as a meter does" in missing.why


def test_power_that_is_no_longer_shown_is_an_error(answers: dict[str, Any]) -> None:
    (counter,) = redfish.find()
    answers[f"{CHASSIS}/System.Embedded.1/Power"] = {"PowerControl": [{"PowerConsumedWatts": None}]}

    with pytest.raises(CannotHereError, match="shows no power now"):
        redfish.read(counter)


def test_nobody_is_asked_who_was_not_named() -> None:
    assert [] == redfish.find()
    assert [False] == [missing.applies for missing in redfish.missing()]
