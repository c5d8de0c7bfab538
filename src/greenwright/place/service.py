"""Plan where a service answers its requests: tables of requests, intensities and latencies become a plan hour by hour."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from greenwright import units
from greenwright.errors import BadInputError
from greenwright.place.job_file import ServiceTable
from greenwright.place.serving import balance
from greenwright.records.placement import ServiceHour, ServicePlan

if TYPE_CHECKING:
    from greenwright.place.serving import Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Tables:
    regions: tuple[str, ...]
    request_count: dict[float, Array]
    """(regions,) by the second since 1970 that an hour begins."""
    intensity_g_per_kwh: dict[float, Array]
    latency_s: Array


def service(table: ServiceTable, folder: Path) -> ServicePlan:
    """The plan for every hour that has both requests and intensities, from ``start`` on; paths are relative to ``folder``.

    Raises:
        BadInputError: a file or column is missing, or an hour's requests do not fit.
    """
    import numpy as np

    read = _read(table, folder)
    capacity = np.full(len(read.regions), float(table.capacity))
    limit_s, request_kwh = units.parse_duration_s(table.limit), table.wh_per_request / 1e3
    hours = []
    for at_s in _hours(table, read):
        one = balance(read.request_count[at_s], read.intensity_g_per_kwh[at_s] * request_kwh, read.latency_s, capacity, limit_s)
        answered = tuple(tuple(float(count) for count in row) for row in one.answered)
        hours.append(ServiceHour(at_s=at_s, answered_count=answered, emitted_g=one.emitted_g, latency_s=one.latency_s))
    counts = [float(read.request_count[hour.at_s].sum()) for hour in hours]
    total = sum(counts)
    if not total:
        raise BadInputError(
            f"{table.requests} and {table.intensity} have no hour with requests in common; check start and hours"
        )
    home_g = sum(float(read.request_count[hour.at_s] @ read.intensity_g_per_kwh[hour.at_s]) * request_kwh for hour in hours)
    own_s = np.diag(read.latency_s)
    emitted_g = sum(hour.emitted_g for hour in hours)
    return ServicePlan(
        regions=read.regions,
        hours=tuple(hours),
        emitted_g=emitted_g,
        at_home_g=home_g,
        saving_share=1 - emitted_g / home_g if home_g else 0.0,
        latency_s=sum(hour.latency_s * count for hour, count in zip(hours, counts, strict=True)) / total,
        at_home_latency_s=sum(float(read.request_count[hour.at_s] @ own_s) for hour in hours) / total,
    )


def _hours(table: ServiceTable, read: _Tables) -> list[float]:
    from greenwright.grid.series import parse_time_s

    common = sorted(read.request_count.keys() & read.intensity_g_per_kwh.keys())
    start_s = parse_time_s(table.start) if table.start else (common[0] if common else 0.0)
    chosen = [at_s for at_s in common if at_s >= start_s]
    return [at_s for at_s in chosen if not table.hours or at_s < start_s + table.hours * 3600.0]


def _read(table: ServiceTable, folder: Path) -> _Tables:
    import numpy as np

    latency = _rows(folder / table.latency)
    regions = tuple(latency[0])
    if len(latency) != len(regions):
        raise BadInputError(f"{table.latency} has {len(latency)} rows for {len(regions)} regions; give a row per column, in ms")
    return _Tables(
        regions=regions,
        request_count=_by_hour(folder / table.requests, regions),
        intensity_g_per_kwh=_by_hour(folder / table.intensity, regions),
        latency_s=np.array([[_number(row, name, table.latency) / 1e3 for name in regions] for row in latency]),
    )


def _by_hour(path: Path, regions: tuple[str, ...]) -> dict[float, Array]:
    """By time; of two rows of one time the first holds."""
    import numpy as np

    from greenwright.grid.series import parse_time_s

    found: dict[float, Array] = {}
    for row in _rows(path):
        if "timestamp" not in row:
            raise BadInputError(f"{path} has no column timestamp; there are {', '.join(row)}")
        found.setdefault(parse_time_s(row["timestamp"]), np.array([_number(row, name, str(path)) for name in regions]))
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}; correct it under [service]") from error
    if not rows:
        raise BadInputError(f"{path} has no rows; correct it under [service]")
    return rows


def _number(row: dict[str, str], name: str, where: str) -> float:
    try:
        return float(row[name])
    except KeyError as error:
        raise BadInputError(f"{where} has no column {name}; every region of the latencies needs one") from error
    except ValueError as error:
        raise BadInputError(f"{where}: {row[name]!r} under {name} is not a number") from error
