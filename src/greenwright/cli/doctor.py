"""``greenwright doctor``: what this machine can measure, what it could, what is installed, and which setting won."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from greenwright.cli.extras import Extra, extras
from greenwright.cli.show import console, print_json, section
from greenwright.machine import this_machine
from greenwright.meter.contract import Missing
from greenwright.meter.sensors import Source, sensors
from greenwright.records import Grade, Machine
from greenwright.report.words import GRADE_WORDS, size_text
from greenwright.settings import Setting, resolve, without_password

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """A counter that can be read here."""

    id: str
    title: str
    covers: str
    leaves_out: str
    grade: Grade
    in_use: bool
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """What doctor found."""

    machine: Machine
    sensors: tuple[Sensor, ...]
    missing: tuple[Missing, ...]
    extras: tuple[Extra, ...]
    settings: tuple[Setting, ...]


def doctor(*, json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False) -> None:
    """Say what this machine can measure, what it could, what is installed, and which setting won."""
    checkup = examine()
    if json:
        print_json(checkup)
    else:
        _print(checkup)


def examine() -> Checkup:
    """Look at everything; change nothing."""
    found, missing = sensors()
    gpus = tuple(source.counter.covers for source in found if source.counter.component == "gpu")
    return Checkup(
        machine=replace(this_machine(), gpus=gpus),
        sensors=tuple(_sensor(source) for source in found),
        missing=tuple(missing),
        extras=tuple(extras()),
        settings=tuple(replace(setting, value=without_password(setting.value)) for setting in resolve().found),
    )


def _sensor(source: Source) -> Sensor:
    return Sensor(
        id=source.counter.id,
        title=source.meta.title,
        covers=source.counter.covers,
        leaves_out=source.meta.leaves_out,
        grade=source.grade,
        in_use=source.in_use,
        source=source.counter.source or source.meta.source,
    )


def _print(checkup: Checkup) -> None:
    page = console()
    section(page, "Machine", _machine_rows(checkup.machine))
    section(page, "Energy is measured by", _sensor_rows(checkup.sensors))
    if checkup.missing:
        section(page, "Could be measured, but is not here", _missing_rows(checkup.missing))
    section(page, "Extras", [_extra_row(extra) for extra in checkup.extras])
    section(page, "Settings", [(setting.name, setting.origin, setting.value) for setting in checkup.settings])
    _print_verdict(page, checkup)


def _machine_rows(machine: Machine) -> Iterator[tuple[str, str]]:
    yield "CPU", f"{machine.cpu}, {machine.core_count} core{'s' if machine.core_count != 1 else ''} for this process"
    yield "features", " ".join(machine.features) or "none of those that matter here"
    yield "memory", size_text(machine.memory_bytes)
    yield "GPU", "; ".join(machine.gpus) or "none found"
    yield "system", f"{machine.os}, Python {machine.python}"


def _sensor_rows(found: tuple[Sensor, ...]) -> Iterator[tuple[str, str]]:
    if not found:
        yield "nothing", "no counter can be read here, so nothing can be measured"
    for sensor in found:
        yield sensor.id, sensor.title + ("" if sensor.in_use else " (not in use: another counter covers the same, better)")
        yield "", f"grade: {sensor.grade}. {GRADE_WORDS[sensor.grade]}"
        yield "", f"covers: {sensor.covers}"
        yield "", f"leaves out: {sensor.leaves_out}"
        yield "", f"source: {sensor.source}"


def _missing_rows(missing: tuple[Missing, ...]) -> Iterator[tuple[str, str]]:
    for one in missing:
        yield one.what, one.why
        if one.mend:
            yield "", f"mend: {one.mend}"


def _extra_row(extra: Extra) -> tuple[str, str, str]:
    if extra.missing:
        return extra.name, "missing", f"{', '.join(extra.missing)}; install with: {extra.command}"
    return extra.name, "installed", ", ".join(f"{package} {version}" for package, version in extra.installed.items())


def _print_verdict(page: Console, checkup: Checkup) -> None:
    """End on the one sentence that a newcomer needs."""
    optimize = next((extra for extra in checkup.extras if extra.name == "optimize"), None)
    if optimize and optimize.missing:
        page.print(f"Next: {optimize.command}", soft_wrap=True)
    elif checkup.sensors:
        page.print("All is here for: greenwright optimize WORKLOAD", soft_wrap=True)
