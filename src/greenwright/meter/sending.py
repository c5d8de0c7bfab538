"""Send a run to sinks by name: ``csv:energy.csv``, ``prometheus::9464``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, cast

from greenwright import registry
from greenwright.errors import BadInputError

if TYPE_CHECKING:
    from greenwright.meter.sink_contract import LiveSink, Sink
    from greenwright.records.runs import Run


def sink(text: str) -> tuple[Sink, str]:
    """The sink that ``id:target`` names, and the target.

    Raises:
        BadInputError: no such sink, or no target.
    """
    name, colon, target = text.partition(":")
    known = registry.members("sinks")
    if name not in known or not colon or not target:
        raise BadInputError(f"{text!r} is no place to send a run to; write KIND:TARGET, with one of {', '.join(sorted(known))}")
    return cast("Sink", registry.load("sinks", name)), target


def send(run: Run, texts: Sequence[str]) -> None:
    """Write a run to every sink named.

    Raises:
        BadInputError: no such sink, or a target that cannot be written to.
    """
    for one, target in [sink(text) for text in texts]:
        one.write(run, target)


@contextmanager
def following(texts: Sequence[str]) -> Iterator[Callable[[Run], None]]:
    """Keep live sinks open while something is measured; what this gives shows them a run as it is by then. Others wait.

    When the block ends, the sinks that are not live have been written once, with the last run shown.
    """
    named = [sink(text) for text in texts]
    last: list[Run] = []
    with ExitStack() as stack:
        shows: list[Callable[[Run], Any]] = [
            stack.enter_context(cast("LiveSink", one).follow(target)) for one, target in named if one.META.live
        ]

        def show(run: Run) -> None:
            last[:] = [run]
            for each in shows:
                each(run)

        yield show
    for one, target in named:
        if last and not one.META.live:
            one.write(last[0], target)
