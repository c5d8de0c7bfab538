"""Lists of machines: what a cluster has, not what it did. Recognised, so that they are not taken for jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from greenwright.audit.contract import ReaderMeta
from greenwright.errors import BadInputError

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from greenwright.audit.look import Look

META = ReaderMeta(
    id="inventory",
    title="a list of machines",
    says="what a cluster has",
    leaves_out="what it did: no job, no time, no use",
    source="https://github.com/alibaba/clusterdata",
)


def recognise(seen: Look) -> bool:
    """Nodes with accelerators, and nothing that lasts."""
    return seen.has("sn", "cpu_milli", "gpu", "model") or seen.has("gpu_model", "gpu_capacity_num", "node_name")


def jobs(raw: ir.Table, seen: Look) -> NoReturn:  # noqa: ARG001 - every reader takes both
    """There are none.

    Raises:
        BadInputError: always.
    """
    raise BadInputError(
        f"{seen.source} lists machines, not work: it holds no job and no time; hand in the log of jobs beside it"
    )


def notes(seen: Look) -> tuple[str, ...]:  # noqa: ARG001 - likewise
    """Nothing to add."""
    return ()
