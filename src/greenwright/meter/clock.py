"""The two clocks of a window: time that passed, and time the CPU spent on us."""

from __future__ import annotations

import resource
import time


def now_s() -> float:
    """Seconds on a clock that never goes back."""
    return time.monotonic()


def cpu_s() -> float:
    """CPU seconds of this process, all threads, and of its children that ended and were waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID) + children.ru_utime + children.ru_stime
