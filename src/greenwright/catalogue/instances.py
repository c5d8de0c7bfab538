"""Cloud instances: what a bill's instance type holds, because bills carry neither watts nor accelerators."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from greenwright.catalogue.tables import Row, table

BYTES_PER_GIB = 2.0**30
_AWS = re.compile(r"(?:ml\.)?(?P<family>[a-z]+\d[\w-]*)\.(?P<size>nano|micro|small|medium|large|(?P<times>\d*)xlarge|metal)")
_GCP = re.compile(r"(?P<family>[a-z]\d[a-z]?|[a-z]\d)-(?P<kind>standard|highmem|highcpu|ultramem|megamem)-(?P<cpus>\d+)")
_AZURE = re.compile(r"(?P<family>[a-z]{1,3}?)(?P<cpus>\d+)(?:-\d+)?(?P<rest>[a-z]*)(?:_v\d+)?")
_HAS_ACCELERATOR = re.compile(r"(?:g|gr|p|trn|inf|dl|f|vt)\d.*\..*|(?:nc|nd|nv|ng)\d.*|[ag]\d-.*|ct\d.*")
"""Families of accelerated instances: one of these that the table lacks is not known, rather than without an accelerator."""
_AWS_SMALL = {"nano": 2, "micro": 2, "small": 2, "medium": 1, "large": 2}
_AWS_GIB_PER_CPU = {"c": 2.0, "m": 4.0, "r": 8.0, "t": 4.0, "x": 16.0, "i": 8.0}
_GCP_GIB_PER_CPU = {"standard": 4.0, "highmem": 8.0, "highcpu": 1.0, "ultramem": 24.0, "megamem": 14.0}
_AZURE_GIB_PER_CPU = {"f": 2.0, "d": 4.0, "e": 8.0, "b": 4.0, "a": 2.0, "l": 8.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """What one instance holds. What nobody knows is None."""

    name: str
    device: str
    """Its accelerator as the catalogue of devices spells it; "" for none."""
    gpu_count: float
    cpu_count: float | None
    memory_bytes: float | None
    known: bool
    """False where only the name's own number was read."""


def instance(text: str, own: Path | None = None) -> Instance | None:
    """The instance of that name; None where the name says nothing.

    An instance that the table does not hold has no accelerator, for the table holds all that have one: its processors follow from
    the size in its name.
    """
    name = _plain(text)
    row = _rows(own).get(name)
    return _from_row(row) if row is not None else _from_name(name)


def instances(own: Path | None = None) -> list[Instance]:
    """Every instance of the table."""
    return [_from_row(row) for row in _rows(own).values()]


def _plain(text: str) -> str:
    name = text.strip().lower().removeprefix("standard_").removeprefix("ml.")
    return re.sub(r"\s+", "_", name)


@cache
def _rows(own: Path | None) -> dict[str, Row]:
    return {key: row for (key,), row in table("instances", ("instance",), own).items()}


def _from_row(row: Row) -> Instance:
    memory = row.number("memory_gb")
    return Instance(
        name=row.text("instance"),
        device=row.text("device"),
        gpu_count=row.number("gpu_count") or 0.0,
        cpu_count=row.number("cpu_count"),
        memory_bytes=None if memory is None else memory * BYTES_PER_GIB,
        known=True,
    )


def _from_name(name: str) -> Instance | None:
    if _HAS_ACCELERATOR.fullmatch(name):
        return None
    if found := _AWS.fullmatch(name):
        size = found["size"]
        cpus = None if size == "metal" else float(_AWS_SMALL.get(size) or 4 * int(found["times"] or 1))
        return _sized(name, cpus, _AWS_GIB_PER_CPU.get(name[0]))
    if found := _GCP.fullmatch(name):
        return _sized(name, float(found["cpus"]), _GCP_GIB_PER_CPU[found["kind"]])
    if found := _AZURE.fullmatch(name):
        return _sized(name, float(found["cpus"]), _AZURE_GIB_PER_CPU.get(found["family"][0]))
    return None


def _sized(name: str, cpu_count: float | None, gib_per_cpu: float | None) -> Instance:
    memory = None if cpu_count is None or gib_per_cpu is None else cpu_count * gib_per_cpu * BYTES_PER_GIB
    return Instance(name=name, device="", gpu_count=0.0, cpu_count=cpu_count, memory_bytes=memory, known=False)
