"""Windows of a meter: nested, failing, polled, journalled."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import pytest

from greenwright.errors import BadInputError, CannotHereError
from greenwright.meter.journal import read_journal
from greenwright.meter.probes import cpu_time
from greenwright.meter.session import Meter
from greenwright.records.quantities import Grade

if TYPE_CHECKING:
    from pathlib import Path

    from greenwright.meter.contract import Counter
    from greenwright.testing.probes import FakeProbe


def test_a_window_holds_what_was_spent_in_its_block(machine: FakeProbe) -> None:
    meter = Meter(probes=[machine])
    machine.work(3.0, 100.0)
    with meter.window("train") as train:
        machine.work(2.0, 50.0)
    machine.work(1.0, 7.0)

    assert ("train", 2.0, 1.0, 50.0) == (
        train.result.name,
        train.result.duration_s,
        train.result.cpu_s,
        train.result.energy_j.value,
    )
    assert (Grade.COUNTER, "fake source", False) == (
        train.result.energy_j.grade,
        train.result.energy_j.source,
        train.result.too_short,
    )


def test_nested_windows_count_in_the_outer_one_too(machine: FakeProbe) -> None:
    with Meter(name="job", probes=[machine]) as meter:
        machine.work(1.0, 1.0)
        with meter.window("outer"):
            machine.work(1.0, 10.0)
            with meter.window("inner"):
                machine.work(1.0, 100.0)

    assert [("inner", 100.0), ("outer", 110.0), ("job", 111.0)] == [(one.name, one.energy_j.value) for one in meter.windows]
    assert meter.windows[-1] == meter.result


def test_windows_may_overlap_without_nesting(machine: FakeProbe) -> None:
    meter = Meter(probes=[machine])
    first, second = meter.window("first"), meter.window("second")
    first.__enter__()
    machine.work(1.0, 1.0)
    second.__enter__()
    machine.work(1.0, 10.0)
    first.__exit__(None, None, None)
    machine.work(1.0, 100.0)
    second.__exit__(None, None, None)

    assert (11.0, 110.0) == (first.result.energy_j.value, second.result.energy_j.value)


def test_an_exception_still_closes_the_window(machine: FakeProbe) -> None:
    meter = Meter(probes=[machine])
    with pytest.raises(ZeroDivisionError), meter.window("breaks") as broken:  # noqa: PT012 - the window is what is tested
        machine.work(1.0, 5.0)
        raise ZeroDivisionError

    assert 5.0 == broken.result.energy_j.value


def test_a_window_shorter_than_twenty_updates_says_so(machine: FakeProbe) -> None:
    machine.META = replace(machine.META, update_s=0.1)
    meter = Meter(probes=[machine])
    with meter.window("short") as short:
        machine.work(1.9, 5.0)

    assert short.result.too_short


def test_the_range_of_a_model_reaches_the_window(machine: FakeProbe) -> None:
    machine.low_ratio, machine.high_ratio = 0.5, 2.0
    with Meter(probes=[machine]) as meter:
        machine.work(1.0, 8.0)

    assert (4.0, 8.0, 16.0) == (meter.result.energy_j.low, meter.result.energy_j.value, meter.result.energy_j.high)


def test_work_still_under_way_is_waited_for_before_each_look(machine: FakeProbe) -> None:
    machine.energy_j = 1000.0
    with Meter(probes=[machine], sync=lambda: machine.work(0.5, 20.0)) as meter:
        machine.work(1.0, 3.0)

    assert (1.5, 23.0) == (meter.result.duration_s, meter.result.energy_j.value)


def test_looks_taken_in_between_unwrap_every_wrap(machine: FakeProbe) -> None:
    machine.wrap_j = 100.0
    meter = Meter(probes=[machine])
    meter.pollers[0].wait_s = 1e6
    with meter.window("long") as long:
        for _ in range(10):
            machine.work(1.0, 70.0)
            meter.look()

    assert 700.0 == pytest.approx(long.result.energy_j.value)


def test_a_look_in_between_that_fails_is_left_out(machine: FakeProbe, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.wrap_j = 100.0
    meter = Meter(probes=[machine])

    def refuse(probe: FakeProbe, counter: Counter) -> NoReturn:
        raise CannotHereError("busy")

    with meter.window("long") as long:
        machine.work(1.0, 70.0)
        with monkeypatch.context() as patch:
            patch.setattr(type(machine), "read", refuse)
            meter.look()

    assert 70.0 == long.result.energy_j.value


def test_the_thread_lives_as_long_as_a_window_is_open(machine: FakeProbe) -> None:
    machine.wrap_j = 65_536.0
    others = set(threading.enumerate())

    def pollers() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "greenwright-meter" and thread not in others]

    with Meter(probes=[machine]) as meter:
        with meter.window("inner"):
            during = pollers()
        (still,) = pollers()
    still.join(timeout=10)

    assert [still] == during
    assert [] == pollers()


def test_the_cpu_time_model_needs_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with Meter(root=tmp_path) as meter:
        assert set(threading.enumerate()) <= before  # one of an earlier test may just be ending

    assert [cpu_time.META.id] == [source.counter.id for source in meter.sources]


def test_finished_windows_are_in_the_journal_at_once(machine: FakeProbe, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Meter(probes=[machine], journal=path) as meter:
        with meter.window("first"):
            machine.work(1.0, 1.0)
        written = read_journal(path)

    assert [meter.windows[0]] == written
    assert list(meter.windows) == read_journal(path)


def test_a_result_asked_for_too_early_is_refused(machine: FakeProbe) -> None:
    meter = Meter(probes=[machine])
    with meter.window("open") as opened, pytest.raises(BadInputError, match="'open' has not ended"):
        _ = opened.result
    with pytest.raises(BadInputError, match="not used as a context manager"):
        _ = meter.result


def test_a_window_is_opened_once(machine: FakeProbe) -> None:
    window = Meter(probes=[machine]).window("once")
    with window:
        pass

    with pytest.raises(BadInputError, match="already opened"):
        window.__enter__()


def test_a_machine_without_any_counter_is_an_error(machine: FakeProbe) -> None:
    with pytest.raises(CannotHereError, match=r"nothing here can be measured \(no probe was given\)"):
        Meter(probes=[])


def test_a_real_window_on_this_machine_holds_joules() -> None:
    with Meter() as meter:
        sum(number * number for number in range(1_000_000))

    energy = meter.result.energy_j
    assert 0 < energy.low <= energy.value <= energy.high
    assert 0 < meter.result.cpu_s


def test_the_meter_brings_no_numpy_and_no_torch() -> None:
    program = "import sys, greenwright.meter.session; print({'numpy', 'torch', 'pynvml', 'msgspec'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert "set()" == printed.strip()


@pytest.mark.parametrize(
    ("interval_s", "looking"), [(1.0, ["greenwright-journal"]), (60.0, ["greenwright-journal", "greenwright-meter"])]
)
def test_a_journal_that_looks_often_enough_looks_for_all(
    machine: FakeProbe, tmp_path: Path, interval_s: float, looking: list[str]
) -> None:
    meter = Meter(probes=[machine], journal=tmp_path / "journal.jsonl", interval_s=interval_s)
    others = {thread.ident for thread in threading.enumerate()}
    with meter.window("open"):
        names = [thread.name for thread in threading.enumerate() if thread.ident not in others]
    meter.end()

    assert looking == sorted(names)
