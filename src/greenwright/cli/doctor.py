"""``greenwright doctor``: what this machine can measure, what it could, what is installed, and which setting won."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from greenwright.cli.extras import Extra, extras
from greenwright.cli.show import console, print_json, section
from greenwright.machine import this_machine
from greenwright.meter.baseline import keep_idle, keep_rest, load
from greenwright.meter.checkup import cross_check, grade
from greenwright.meter.contract import Missing
from greenwright.meter.learning import measure_idle, measure_rest
from greenwright.meter.sensors import Source, sensors
from greenwright.records.baseline import Idle, MachineFacts
from greenwright.records.checkup import CrossCheck, Grading
from greenwright.records.machines import Machine
from greenwright.records.quantities import Grade
from greenwright.report.words import GRADE_WORDS, size_text
from greenwright.settings import Setting, resolve, without_password
from greenwright.units import parse_duration_s


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
    checks: tuple[CrossCheck, ...]
    grading: Grading
    facts: MachineFacts
    extras: tuple[Extra, ...]
    settings: tuple[Setting, ...]


def doctor(
    *,
    idle: Annotated[
        str, typer.Option(metavar="DURATION", help="Measure idle power for so long, such as 30s, and keep it.")
    ] = "",
    learn: Annotated[
        str,
        typer.Option(
            metavar="DURATION", help="With a meter at the wall: load the CPUs for so long, learn the rest of the node, keep it."
        ),
    ] = "",
    check: Annotated[bool, typer.Option(help="Hold the counters against one another for 3 seconds.")] = True,
    everything: Annotated[bool, typer.Option("--all", help="Name also counters that other kinds of machine have.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say what this machine can measure, how far to trust it, what it could, what is installed, and which setting won."""
    if idle:
        keep_idle(measure_idle(parse_duration_s(idle)))
    if learn:
        keep_rest(measure_rest(parse_duration_s(learn)))
    checkup = examine(check=check)
    if json:
        print_json(checkup)
    else:
        _print(checkup, everything=everything)


def examine(*, check: bool = True) -> Checkup:
    """Look at everything; change nothing."""
    found, missing = sensors()
    checks = tuple(cross_check(found)) if check else ()
    gpus = tuple(source.counter.covers for source in found if source.counter.component == "gpu")
    return Checkup(
        machine=replace(this_machine(), gpus=gpus),
        sensors=tuple(_sensor(source) for source in found),
        missing=tuple(missing),
        checks=checks,
        grading=grade(found, missing, checks),
        facts=load(),
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


def _print(checkup: Checkup, *, everything: bool) -> None:
    page = console()
    section(page, "Machine", _machine_rows(checkup.machine))
    section(page, "Energy is measured by", _sensor_rows(checkup.sensors))
    if checkup.checks:
        section(page, "Cross-check", [(check.counter, check.finding, check.said) for check in checkup.checks])
    if missing := [one for one in checkup.missing if everything or one.applies]:
        section(page, "Could be measured, but is not here", _missing_rows(missing))
    section(page, "Known of this machine", _facts_rows(checkup))
    section(page, "Extras", [_extra_row(extra) for extra in checkup.extras])
    section(page, "Settings", [(setting.name, setting.origin, setting.value) for setting in checkup.settings])
    _print_verdict(checkup)


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
        yield (
            sensor.id,
            sensor.title + ("" if sensor.in_use else " (not in use: others cover the same, or would hold it twice)"),
        )
        yield "", f"grade: {sensor.grade}. {GRADE_WORDS[sensor.grade]}"
        yield "", f"covers: {sensor.covers}"
        yield "", f"leaves out: {sensor.leaves_out}"
        yield "", f"source: {sensor.source}"


def _missing_rows(missing: Sequence[Missing]) -> Iterator[tuple[str, str]]:
    for one in missing:
        yield one.what, one.why
        if one.mend:
            yield "", f"{'mend' if one.is_command else 'to do'}: {one.mend}"


def _facts_rows(checkup: Checkup) -> Iterator[tuple[str, str]]:
    yield "grade", f"{checkup.grading.grade}: {checkup.grading.why}"
    if checkup.grading.next_step:
        yield "", f"better with: {checkup.grading.next_step}"
    facts = checkup.facts
    if facts.idle is None:
        yield "idle power", "not measured; on an idle machine: greenwright doctor --idle 30s"
    else:
        for counter, power_w in facts.idle.power_w.items():
            yield (
                "idle power",
                f"{counter}: {power_w.value:.3g} W ({power_w.low:.3g} to {power_w.high:.3g}), {_day(facts.idle)}",
            )
    if facts.rest is None:
        yield "rest of the node", "not learned; with a meter at the wall, on an idle machine: greenwright doctor --learn 3m"
    else:
        line = f"{facts.rest.constant_w:.3g} W + {facts.rest.slope_ratio:.3g} x its counters"
        yield "rest of the node", f"whole = {line}, within {facts.rest.error_share:.0%}, from {facts.rest.meter}"


def _day(idle: Idle) -> str:
    return f"measured on {idle.measured_at[:10]}, {idle.busy_share:.1%} busy"


def _extra_row(extra: Extra) -> tuple[str, str, str]:
    if extra.missing:
        return extra.name, "missing", f"{', '.join(extra.missing)}; install with: {extra.command}"
    return extra.name, "installed", ", ".join(f"{package} {version}" for package, version in extra.installed.items())


def _print_verdict(checkup: Checkup) -> None:
    """End on the one sentence that a newcomer needs."""
    optimize = next((extra for extra in checkup.extras if extra.name == "optimize"), None)
    if optimize and optimize.missing:
        typer.echo(f"Next: {optimize.command}")
    elif checkup.sensors:
        typer.echo("All is here for: greenwright optimize WORKLOAD")
