"""Every call of a decorated function is a window: plain, async, generators; nested and at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

from greenwright.meter.session import Meter
from greenwright.testing.probes import FakeProbe


def test_every_call_is_a_window_and_the_function_stays_itself(machine: FakeProbe) -> None:
    meter = Meter(probes=[machine])

    @meter.measured
    def train(epochs: int) -> str:
        """Train."""
        machine.work(1.0, 10.0 * epochs)
        return "trained"

    assert ("trained", "Train.", "train") == (train(2), train.__doc__, train.__name__)
    train(3)
    assert [20.0, 30.0] == [one.energy_j.value for one in meter.windows]
    assert all(one.name.endswith("train") for one in meter.windows)


def test_coroutines_that_run_at_once_have_overlapping_windows(machine: FakeProbe) -> None:
    meter = Meter(probes=[machine])
    other_began = asyncio.Event()

    @meter.measured
    async def first() -> None:
        await other_began.wait()
        machine.work(1.0, 10.0)

    @meter.measured
    async def second() -> None:
        other_began.set()
        machine.work(1.0, 1.0)
        await asyncio.sleep(0)

    async def both() -> None:
        await asyncio.gather(first(), second())

    asyncio.run(both())

    assert {"first": 11.0, "second": 11.0} == {one.name.rpartition(".")[2]: one.energy_j.value for one in meter.windows}


def test_a_window_opens_with_async_with_too(machine: FakeProbe) -> None:
    meter = Meter(probes=[machine])

    async def work() -> float:
        async with meter.window("step") as step:
            machine.work(1.0, 3.0)
            await asyncio.sleep(0)
        return step.result.energy_j.value

    assert 3.0 == asyncio.run(work())


def test_a_generator_is_measured_to_its_last_value(machine: FakeProbe) -> None:
    meter = Meter(probes=[machine])

    @meter.measured
    def batches() -> Iterator[int]:
        for number in range(3):
            machine.work(1.0, 5.0)
            yield number

    assert [0, 1, 2] == list(batches())
    assert [15.0] == [one.energy_j.value for one in meter.windows]


def test_an_async_generator_is_measured_to_its_last_value(machine: FakeProbe) -> None:
    meter = Meter(probes=[machine])

    @meter.measured
    async def batches() -> AsyncIterator[int]:
        for number in range(3):
            machine.work(1.0, 5.0)
            yield number

    async def drain() -> list[int]:
        return [number async for number in batches()]

    assert [0, 1, 2] == asyncio.run(drain())
    assert [15.0] == [one.energy_j.value for one in meter.windows]


def test_threads_may_open_windows_of_one_meter_at_once(machine: FakeProbe) -> None:
    meter = Meter(probes=[machine])
    inside = threading.Barrier(4)

    def work() -> None:
        with meter.window("thread"):
            inside.wait(timeout=10)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 4 == len(meter.windows)
