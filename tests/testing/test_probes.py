"""The fake machines tell the truth, and the contract catches probes that do not."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from greenwright.meter.probes import rapl
from greenwright.testing.probes import FakeNvml, FakePowercap, ProbeContract

if TYPE_CHECKING:
    from pathlib import Path

    from greenwright.meter.contract import Counter
    from greenwright.records.energy import Reading


def kilojoule_reader(counter: Counter) -> Reading:
    reading = rapl.read(counter)
    return dataclasses.replace(reading, energy_j=(reading.energy_j or 0.0) / 1000, wrap_j=None)


class Contract(ProbeContract):
    probe: Any = rapl

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePowercap:
        fake = FakePowercap(tmp_path)
        fake.add("intel-rapl:0", "package-0", 50.0)
        return fake


def contract_of(**changes: object) -> Contract:
    honest = {"META": rapl.META, "find": rapl.find, "missing": rapl.missing, "read": rapl.read}
    contract = Contract()
    contract.probe = SimpleNamespace(**(honest | changes))
    return contract


def test_the_contract_catches_a_wrong_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError):
        contract_of(read=kilojoule_reader).test_it_reports_the_true_joules(tmp_path, monkeypatch)


def test_the_contract_catches_a_probe_that_does_not_say_why(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        contract_of(missing=lambda root: []).test_on_a_bare_machine_it_says_why_there_is_nothing(tmp_path)


def test_the_contract_catches_a_counter_found_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError):
        contract_of(find=lambda root: rapl.find(root) * 2).test_it_finds_counters_that_can_be_told_apart(tmp_path, monkeypatch)


def test_fake_powercap_counts_only_what_belongs_in_a_total(tmp_path: Path) -> None:
    truth_j = FakePowercap(tmp_path).server().run(2.0)

    assert 2.0 * (100 + 101 + 20 + 21) == truth_j


def test_fake_nvml_leaves_out_a_gpu_without_counter(tmp_path: Path) -> None:
    assert 30.0 == FakeNvml(tmp_path, (10.0, None)).run(3.0)
