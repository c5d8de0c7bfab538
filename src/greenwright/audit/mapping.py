"""Mapping files: they say which column of an unknown table is what, in TOML that we draft and people correct.

::

    [columns]
    duration_s = { from = "runtime", unit = "h" }
    gpu_count = "gpus"

    [constants]
    device = "NVIDIA A100"
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

from greenwright.audit import cells
from greenwright.audit.columns import plain_name
from greenwright.audit.jobs import Problem, job_table, unreadable
from greenwright.audit.readers import plain
from greenwright.errors import BadInputError
from greenwright.records.jobs import JOB_COLUMNS, Kind

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from greenwright.audit.look import Look

KINDS = {column.name: column.kind for column in JOB_COLUMNS}
UNITS = {
    "s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3_600.0, "d": 86_400.0,
    "J": 1.0, "kJ": 1e3, "MJ": 1e6, "Wh": 3_600.0, "kWh": 3_600_000.0, "MWh": 3.6e9,
    "B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30,
    "g": 1.0, "kg": 1e3, "t": 1e6, "%": 0.01, "1": 1.0, "milli": 1e-3,
}  # fmt: skip
_HINTS = {
    "job_id": "job_?id|^id$|uuid|task_?id|run_?id",
    "name": "job_?name|^name$|task_?name",
    "team": "team|account|group|dept|department|namespace|tenant|vc$|org",
    "project": "project|experiment|app",
    "user": "user|owner",
    "model": "^model$|model_?(name|id)",
    "phase": "phase|stage|job_?type|purpose",
    "state": "state|status|result|exit",
    "started_at": "start",
    "ended_at": "^end|end_?time|finish|complet",
    "duration_s": "duration|elapsed|run_?time|wall|length|hours",
    "device": "gpu_?(type|model|spec|name)|accelerator|device",
    "instance_type": "instance|machine_?type|flavor|sku|vm_?size",
    "gpu_count": "gpus?$|num_?gpus?|gpu_?(num|count)|n_?gpus?",
    "cpu_count": "cpus?$|num_?cpus?|cpu_?(num|count)|cores|vcpus?",
    "memory_bytes": "mem",
    "gpu_busy_share": "gpu_?util",
    "cpu_busy_share": "cpu_?util",
    "region": "region|zone|location|site|datacenter",
    "country": "country",
    "node_energy_j": "energy|kwh|joule",
    "cost": "cost|price|amount",
    "currency": "currency",
}
_UNIT_HINTS = {
    "hour": "h",
    "_h$": "h",
    "min": "min",
    "_ms": "ms",
    "milli": "ms",
    "k_?wh": "kWh",
    "m_?wh": "MWh",
    "_wh": "Wh",
    "gb": "GB",
    "gi_?b": "GiB",
    "mi_?b": "MiB",
    "mb": "MB",
}
_UNIT_OF = {"duration_s": "s", "node_energy_j": "J", "memory_bytes": "B"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """Where one column of a job comes from."""

    column: str
    """In plain spelling."""
    unit_ratio: float = 1.0
    """Base units per unit of the source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """A mapping file, checked."""

    columns: dict[str, Mapped]
    constants: dict[str, str | float]
    path: str


def read_mapping(path: Path) -> ColumnMapping:
    """The file, checked.

    Raises:
        BadInputError: it is not there, not TOML, or maps what there is not.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInputError(f"there is no mapping file {path}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not TOML: {error}") from error
    if unknown := sorted(content.keys() - {"columns", "constants"}):
        raise BadInputError(f"{path} has a table [{unknown[0]}]; known are [columns] and [constants]")
    for name in (*content.get("columns", {}), *content.get("constants", {})):
        if name not in KINDS:
            near = get_close_matches(name, KINDS, n=1)
            raise BadInputError(
                f"{path} maps {name!r}, which no job has; {f'did you mean {near[0]!r}?' if near else 'see --columns'}"
            )
    columns = {name: _mapped(name, told, path) for name, told in content.get("columns", {}).items()}
    return ColumnMapping(columns=columns, constants=dict(content.get("constants", {})), path=str(path))


def mapped_jobs(raw: ir.Table, seen: Look, mapping: ColumnMapping) -> ir.Table:
    """Jobs from any table.

    Raises:
        BadInputError: the table lacks a column that the mapping names.
    """
    known: dict[str, ir.Value] = {name: ibis.literal(value) for name, value in mapping.constants.items()}
    problems: list[Problem] = []
    for name, one in mapping.columns.items():
        if one.column not in raw.columns:
            raise BadInputError(
                f"{mapping.path} takes {name} from {one.column!r}, which {seen.source} has not; it has {', '.join(seen.spelt)}"
            )
        cell = raw[one.column]
        value = (
            cells.elapsed_s(cell)
            if name == "duration_s"
            else cells.state(cell)
            if name == "state"
            else plain.read(cell, KINDS[name])
        )
        known[name] = value * one.unit_ratio if KINDS[name] is Kind.NUMBER else value
        if KINDS[name] is not Kind.TEXT:
            problems.append((unreadable(cell, known[name]), f"{one.column} cannot be read"))
    return job_table(raw, known, problems)


def draft(seen: Look) -> str:
    """A mapping file for a table nobody knows: the best guess for each of its columns, to be corrected."""
    taken: dict[str, str] = {}
    for spelt in seen.spelt:
        plain_spelt = plain_name(spelt)
        guess = next((name for name, hint in _HINTS.items() if name not in taken and re.search(hint, plain_spelt)), None)
        guess = plain_spelt if plain_spelt in KINDS and plain_spelt not in taken else guess
        if guess:
            taken[guess] = spelt
    lines = [
        f"# How to read {Path(seen.source).name}. This is a draft: correct it, above all the units, then run",
        f"#   greenwright audit {seen.source} --mapping THIS_FILE",
        "# `greenwright audit --columns` lists what can stand on the left.",
        f"# Units: {', '.join(UNITS)}",
        "",
        "[columns]",
        *(_line(name, taken[name], seen) for name in KINDS if name in taken),
        "",
    ]
    unused = [spelt for spelt in seen.spelt if spelt not in taken.values()]
    lines += [f"# not used: {_one_line(', '.join(unused))}", ""] if unused else []
    lines += ["[constants]", "# what holds for every row, such as", '# device = "NVIDIA A100-SXM4-80GB"', '# region = "FR"', ""]
    return "\n".join(lines)


def _line(name: str, spelt: str, seen: Look) -> str:
    example = next(iter(seen.values(plain_name(spelt))), "")
    remark = f"  # such as {_one_line(example)[:40]}" if example else ""
    if name not in _UNIT_OF:
        return f"{name} = {_quoted(spelt)}{remark}"
    unit = next((unit for hint, unit in _UNIT_HINTS.items() if re.search(hint, plain_name(spelt))), _UNIT_OF[name])
    return f'{name} = {{ from = {_quoted(spelt)}, unit = "{unit}" }}{remark}'


def _quoted(text: str) -> str:
    """As TOML writes it, which for a text is as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _mapped(name: str, told: Any, path: Path) -> Mapped:
    if isinstance(told, str):
        return Mapped(column=plain_name(told))
    if not isinstance(told, Mapping) or not isinstance(told.get("from"), str):
        raise BadInputError(f'{path}: {name} is {told!r}; write {name} = "column", or {{ from = "column", unit = "h" }}')
    unit = told.get("unit", "")
    if unit and unit not in UNITS:
        raise BadInputError(f"{path}: {name} has the unit {unit!r}; known are {', '.join(UNITS)}")
    return Mapped(column=plain_name(told["from"]), unit_ratio=UNITS.get(unit, 1.0))
