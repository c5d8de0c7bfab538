"""A thread that does something every so often."""

from __future__ import annotations

import threading
from itertools import repeat

from greenwright.meter.ticking import Ticking


def test_it_calls_after_every_wait_until_there_are_no_more() -> None:
    done, calls = threading.Event(), []

    def tick() -> None:
        calls.append(threading.current_thread().name)
        if len(calls) == 3:
            done.set()

    Ticking("a name", iter([0.001] * 3), tick)

    assert done.wait(5)
    assert ["a name"] * 3 == calls


def test_stopped_it_ends_without_waiting_on_and_more_than_once_does_no_harm() -> None:
    calls: list[None] = []
    ticking = Ticking("waits long", repeat(3600.0), lambda: calls.append(None))
    (thread,) = [one for one in threading.enumerate() if one.name == "waits long"]

    ticking.stop()
    thread.join(5)
    ticking.stop()

    assert not thread.is_alive()
    assert [] == calls
