"""Do something every so often, in a thread of its own, until it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator


class Ticking:
    """Calls ``tick`` after each of the waits, until ``stop``, or until there are no more.

    A thread that wakes once a second is most of what measuring costs. It waits at a bare lock: an event would make a new
    lock and a queue for every wait.
    """

    def __init__(self, name: str, waits_s: Iterator[float], tick: Callable[[], object]) -> None:
        self._waits_s, self._tick = waits_s, tick
        self._running = threading.Lock()
        self._running.acquire()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def stop(self) -> None:
        """Wake the thread to end it; it may be in the middle of a tick. More than once does no harm."""
        if self._running.locked():
            self._running.release()

    def _run(self) -> None:
        for wait_s in self._waits_s:
            if self._running.acquire(timeout=wait_s):
                return
            self._tick()
