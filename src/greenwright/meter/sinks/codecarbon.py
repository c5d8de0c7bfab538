"""A row of an ``emissions.csv`` with CodeCarbon's columns, so that dashboards which read those go on working.

Columns that greenwright has no honest number for stay empty: no place is guessed, and what CodeCarbon leaves to one number is the
middle of a range here.

Source: https://docs.codecarbon.io/latest/reference/output/
"""

from __future__ import annotations

import platform
from datetime import datetime, timedelta
from pathlib import Path

from greenwright import units
from greenwright.machine import this_machine
from greenwright.meter.files import add_rows
from greenwright.meter.sink_contract import Meta
from greenwright.records.energy import Part, Window
from greenwright.records.runs import Run

META = Meta(
    id="codecarbon",
    title="A row of CodeCarbon's emissions.csv",
    target="the file",
    example="codecarbon:emissions.csv",
    source="https://docs.codecarbon.io/latest/reference/output/",
)
COLUMNS = (
    *("timestamp", "project_name", "run_id", "experiment_id", "duration", "emissions", "emissions_rate"),
    *("cpu_power", "gpu_power", "ram_power", "cpu_energy", "gpu_energy", "ram_energy", "energy_consumed", "water_consumed"),
    *("country_name", "country_iso_code", "region", "cloud_provider", "cloud_region", "os", "python_version"),
    *("codecarbon_version", "cpu_count", "cpu_model", "gpu_count", "gpu_model", "longitude", "latitude", "ram_total_size"),
    *("tracking_mode", "cpu_utilization_percent", "gpu_utilization_percent", "ram_utilization_percent", "ram_used_gb"),
    *("on_cloud", "pue", "wue"),
)
"""Those of CodeCarbon 3.3.2."""
_OF_COMPONENT = {"cpu": "cpu", "gpu": "gpu", "dram": "ram"}


def write(run: Run, target: str) -> None:
    """Add the run's row: its whole, which is the window that ended last.

    Raises:
        BadInputError: the file cannot be written, or has other columns.
    """
    if run.windows:
        add_rows(Path(target), COLUMNS, [_row(run, run.windows[-1])])


def _row(run: Run, window: Window) -> dict[str, object]:
    machine = this_machine()
    ended = datetime.fromisoformat(window.started_at) + timedelta(seconds=window.duration_s)
    return {
        "timestamp": ended.strftime("%Y-%m-%dT%H:%M:%S"),
        "project_name": run.name,
        "run_id": run.id,
        "duration": window.duration_s,
        **_components(window),
        "energy_consumed": units.kwh(window.energy_j.value),
        **_account(run, window),
        "os": machine.os,
        "python_version": platform.python_version(),
        "codecarbon_version": f"greenwright {machine.versions.get('greenwright', '')}",
        "cpu_count": machine.core_count,
        "cpu_model": machine.cpu,
        "ram_total_size": machine.memory_bytes / 2**30,
        "tracking_mode": "process"
        if all(part.component == "cpu" for part in window.parts) and len(window.parts) == 1
        else "machine",
    }


def _account(run: Run, window: Window) -> dict[str, object]:
    """Kilograms and litres, where somebody said how far to count. Energies stay those of the devices, so PUE is not in them."""
    account = run.account
    if account is None:
        return {"pue": 1.0}
    kilograms = account.location_g.value / 1_000 if account.location_g else None
    litres = [one.value for one in (account.site_water_l, account.grid_water_l) if one]
    return {
        "emissions": kilograms,
        "emissions_rate": kilograms / window.duration_s if kilograms is not None and window.duration_s > 0 else None,
        "water_consumed": sum(litres) if litres else None,
        "country_iso_code": account.country,
        "pue": account.pue_ratio.value if account.pue_ratio else 1.0,
    }


def _components(window: Window) -> dict[str, float]:
    """Kilowatt-hours and mean watts by component. A counter of the whole node has no column but the total."""
    found: dict[str, float] = {}
    for component, name in _OF_COMPONENT.items():
        energy_j = sum(part.energy_j.value for part in _of(window, component))
        found[f"{name}_energy"] = units.kwh(energy_j)
        found[f"{name}_power"] = energy_j / window.duration_s if window.duration_s > 0 else 0.0
    return found


def _of(window: Window, component: str) -> list[Part]:
    return [part for part in window.parts if part.component == component]
