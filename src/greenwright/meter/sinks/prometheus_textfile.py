"""Metrics in a file for the textfile collector of Prometheus' node exporter.

Source: https://github.com/prometheus/node_exporter#textfile-collector
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from greenwright.errors import BadInputError
from greenwright.meter.exposition import registry_of
from greenwright.meter.files import replace_file
from greenwright.meter.sink_contract import Meta

if TYPE_CHECKING:
    from greenwright.records.runs import Run

META = Meta(
    id="prometheus-textfile",
    title="A file for the textfile collector of Prometheus' node exporter",
    target="the file, which must end in .prom",
    example="prometheus-textfile:/var/lib/node_exporter/greenwright.prom",
    source="https://github.com/prometheus/node_exporter#textfile-collector",
    extra="prometheus",
    live=True,
)


def write(run: Run, target: str) -> None:
    """Replace the file in one step, so that the collector never reads half of it.

    Raises:
        BadInputError: the file cannot be written, or the collector would pass over it.
    """
    from prometheus_client import generate_latest

    if not target.endswith(".prom"):
        raise BadInputError(f"the textfile collector reads only files that end in .prom, and {target} does not; name it so")
    replace_file(Path(target), generate_latest(registry_of(run)))


@contextmanager
def follow(target: str) -> Iterator[Callable[[Run], None]]:
    """Replace the file with every run shown."""
    yield lambda run: write(run, target)
