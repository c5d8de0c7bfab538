"""Metrics for Prometheus to fetch while something is measured.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from greenwright.errors import BadInputError
from greenwright.meter.exposition import registry_of
from greenwright.meter.sink_contract import Meta

if TYPE_CHECKING:
    from greenwright.records.runs import Run

META = Meta(
    id="prometheus",
    title="A page of metrics for Prometheus to fetch while something is measured",
    target="[host]:port to listen on; 127.0.0.1 where no host is named",
    example="prometheus::9464",
    source="https://prometheus.io/docs/instrumenting/exposition_formats/",
    extra="prometheus",
    live=True,
)


def write(run: Run, target: str) -> None:
    """Refuse: what nobody stays to serve cannot be fetched.

    Raises:
        BadInputError: always.
    """
    raise BadInputError(
        f"prometheus:{target} serves only while {run.name!r} is measured; afterwards use prometheus-textfile:FILE"
    )


@contextmanager
def follow(target: str) -> Iterator[Callable[[Run], None]]:
    """Serve the page until the block ends.

    Raises:
        BadInputError: no port, or one that is taken.
    """
    from prometheus_client import start_http_server

    host, _, port = target.rpartition(":")
    if not port.isdigit():
        raise BadInputError(f"prometheus:{target} names no port; write prometheus::9464")
    latest = _Latest()
    try:
        server, thread = start_http_server(int(port), addr=host or "127.0.0.1", registry=latest)
    except OSError as error:
        raise BadInputError(f"prometheus:{target} cannot be listened on: {error.strerror}; name a free port") from error
    try:
        yield latest.show
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Latest:
    """What the server asks for its metrics: those of the run last shown."""

    def __init__(self) -> None:
        self._collect: Callable[[], Any] = list

    def show(self, run: Run) -> None:
        self._collect = registry_of(run).collect

    def collect(self) -> Any:
        return self._collect()
