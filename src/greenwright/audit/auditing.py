"""The audit: look at every source, read it, resolve what and where it ran, add up, and ask every finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import ibis

from greenwright.audit import aside, energy, guards, hotspots, hours, overlaps, totals
from greenwright.audit.contract import Given
from greenwright.audit.engines import Engine, apart, engine, kept, open_table, own_table, rows_of, torn_rows
from greenwright.audit.hardware import Hardware, chips, hardware
from greenwright.audit.jobs import ALL, stacked, with_constants
from greenwright.audit.look import Form, Look, look
from greenwright.audit.mapping import mapped_jobs, read_mapping
from greenwright.audit.readers import plain
from greenwright.audit.recognise import reader_of
from greenwright.audit.survey import Survey, survey
from greenwright.audit.whereabouts import Whereabouts, spots, whereabouts
from greenwright.errors import BadInputError
from greenwright.records.audit import AuditRecord, Realised, Rejection, Side, SourceRead, UsedFactor
from greenwright.records.jobs import PROBLEM, ROW_TEXT

if TYPE_CHECKING:
    import ibis.expr.types as ir

MODEL = "what jobs held, times what such hardware draws; measured where the source says"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How an audit is made."""

    on: str | None = None
    """An engine's URL; None for DuckDB in this process."""
    reader: str = ""
    """The id of a reader, in place of recognising one."""
    mapping: Path | None = None
    """A file that says which column is what, for tables nobody knows."""
    intensity: Path | None = None
    """The grid's intensity by the hour, as CSV."""
    place: str = ""
    """Where jobs ran whose source does not say."""
    out: Path | None = None
    """A folder for rejected rows; None: they are counted, and not written."""
    memory: str = "1GB"
    thread_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """One source on its way."""

    seen: Look
    reader: ModuleType
    raw: Any
    jobs: Any
    bad: Any
    """Its rows that are no jobs: why, and their text."""
    surveyed: Survey


def audit(
    sources: Sequence[str],
    options: Options | None = None,
    realised: Sequence[Realised] = (),
    say: Callable[[str], None] = lambda _: None,
) -> AuditRecord:
    """Audit these sources as one.

    Raises:
        BadInputError: a source cannot be read, or nobody knows what it is.
        CannotHereError: an engine or a package is missing.
    """
    options = options or Options()
    if not sources:
        raise BadInputError("name at least one source: a job log, a bill or an export")
    if doubled := [one for at, one in enumerate(sources) if one in sources[:at]]:
        raise BadInputError(f"{doubled[0]} is given twice, and would count twice")
    with engine(options.on, options.memory, options.thread_count) as at:
        opened = [_open(at, source, number, options, say) for number, source in enumerate(sources)]
        read = tuple(_read(at, one, options, say) for one in opened)
        return _concluded(at, opened, read, options, realised, say)


def look_at(source: str) -> Look:
    """What can be seen of a file without reading it all.

    Raises:
        BadInputError: it cannot be read, or is no table.
    """
    seen = look(source)
    if seen.form in {Form.PARQUET, Form.JSON, Form.LINES}:
        with engine() as at:
            seen, _ = open_table(at, seen)
    if not seen.columns:
        raise BadInputError(f"{source} is no table, so there are no columns to map")
    return seen


def _open(at: Engine, source: str, number: int, options: Options, say: Callable[[str], None]) -> _Opened:
    seen = look(source) if at.reads_files else own_table(at, source)
    if seen.form in {Form.PARQUET, Form.JSON, Form.LINES, Form.TABLE}:
        seen, raw = _tabular(at, seen)
    reader = plain if options.mapping else reader_of(seen, options.reader)
    say(f"{source}: {reader.META.title}")
    if hasattr(reader, "load"):
        raw = ibis.memtable(reader.load(seen))
    elif seen.form is Form.CSV:
        seen, raw = open_table(at, seen)
    jobs = mapped_jobs(raw, seen, read_mapping(options.mapping)) if options.mapping else reader.jobs(raw, seen).select(*ALL)
    jobs, bad = _kept_jobs(at, jobs, f"jobs_{number}", seen, reader)
    return _Opened(seen=seen, reader=reader, raw=raw, jobs=jobs, bad=bad, surveyed=survey(jobs))


def _kept_jobs(at: Engine, jobs: Any, name: str, seen: Look, reader: ModuleType) -> tuple[Any, Any]:
    """Jobs, computed once where they were text or had to be folded; and the rows that are none.

    What such a row said is read from a file again, when there is one: to write it out beside every job takes half of the first pass.
    """
    bad = jobs.filter(jobs[PROBLEM].notnull()).select(PROBLEM, ROW_TEXT)
    if reader.META.folds:
        held = with_constants(jobs, lambda varying: kept(at, varying, name))
        return held, held.filter(held[PROBLEM].notnull()).select(PROBLEM, ROW_TEXT)
    if seen.form is Form.CSV:
        without = jobs.mutate(**{ROW_TEXT: ibis.null("string")})
        return with_constants(without, lambda varying: kept(at, varying, name)), bad
    return jobs, bad


def _tabular(at: Engine, seen: Look) -> tuple[Look, Any]:
    try:
        return open_table(at, seen)
    except BadInputError:
        if seen.form in {Form.JSON, Form.LINES}:
            return seen, None  # not a table, and perhaps a reader's own format
        raise


def _read(at: Engine, one: _Opened, options: Options, say: Callable[[str], None]) -> SourceRead:
    """What became of every row."""
    reader, seen, surveyed = one.reader, one.seen, one.surveyed
    torn = list(torn_rows(at, seen)) if seen.form is Form.CSV and seen.path else []
    bad_count = surveyed.bad_count + len(torn)
    path, rejections = "", tuple[Rejection, ...]()
    if bad_count:
        say(f"{seen.source}: {bad_count:,} rows cannot be used")
        path, rejections = aside.put_aside(seen.source, chain(torn, rows_of(at, one.bad)), options.out)
    return SourceRead(
        source=seen.source,
        reader=reader.META.id,
        title=reader.META.title,
        row_count=surveyed.row_count + bad_count,
        used_count=surveyed.job_count,
        folded_count=surveyed.row_count - surveyed.job_count,
        rejected_count=bad_count,
        job_count=surveyed.job_count,
        rejections=rejections,
        aside=path,
        notes=reader.notes(seen),
        facts=_facts(one),
        gpu_s_by_device=_devices(one),
    )


def _facts(one: _Opened) -> dict[str, float]:
    if not hasattr(one.reader, "facts"):
        return {}
    said = one.reader.facts(one.raw, one.jobs)
    found: dict[str, float] = {}
    for name, value in said.items():
        amount = value.to_pyarrow().as_py()
        if amount is not None:
            found[name] = float(amount)
    return found


def _devices(one: _Opened) -> dict[str, float]:
    """Accelerator-seconds, as the source spells its accelerators."""
    if hasattr(one.reader, "device_seconds") and (own := one.reader.device_seconds(one.raw, one.seen)):
        row = one.raw.aggregate(**{f"device_{at}": value for at, value in enumerate(own.values())}).to_pyarrow().to_pylist()[0]
        return {name: float(row[f"device_{at}"] or 0.0) for at, name in enumerate(own)}
    held = one.jobs.filter(one.jobs[PROBLEM].isnull() & (one.jobs.gpu_count > 0))
    rows = (
        held.group_by("device")
        .aggregate(held_s=(held.gpu_count * held.duration_s).sum())
        .order_by(ibis.desc("held_s"))
        .limit(50)
    )
    return {row["device"] or "unnamed": float(row["held_s"] or 0.0) for row in rows.to_pyarrow().to_pylist()}


def _concluded(  # noqa: PLR0913, PLR0917 - the steps of one audit
    at: Engine,
    opened: Sequence[_Opened],
    read: tuple[SourceRead, ...],
    options: Options,
    realised: Sequence[Realised],
    say: Callable[[str], None],
) -> AuditRecord:
    if not any(one.surveyed.job_count for one in opened):
        raise BadInputError(f"no row of {', '.join(one.source for one in read)} could be used{_why(read)}")
    machines, places, currencies = _resolved([one.surveyed for one in opened], options)
    said = frozenset().union(*(one.surveyed.said for one in opened)) | {"gpu_s"}
    read = tuple(_doubted(one, its, machines) for one, its in zip(opened, read, strict=True))
    grid = hours.read_hours(options.intensity) if options.intensity else {}
    full = _full(at, opened, machines, places, grid)
    said |= {"hour_saving_share"} if grid and "started_at" in said else frozenset()
    say("adding up")
    row = (
        full.aggregate(**totals.sums(full, currencies), first=jobs_first(full), last=full.ended_at.max())
        .to_pyarrow()
        .to_pylist()[0]
    )
    total = totals.impact(row, currencies, MODEL)
    sides = [
        side for name in _dimensions(said, machines) if (side := totals.side(full, name, currencies, total, MODEL)) is not None
    ]
    say("looking for waste")
    given = Given(total=total, hardware=chips(machines), places=spots(places))
    found, clear, unasked = hotspots.search(full, said, given, currencies, realised, lambda table, name: apart(at, table, name))
    record = AuditRecord(
        headline=_headline(total, found),
        sources=read,
        total=total,
        sides=tuple(sides),
        hotspots=tuple(found),
        clear=tuple(clear),
        unasked=tuple(unasked),
        factors=_factors(machines, places, sides),
        warnings=_warnings(read, total, machines, places),
        first_day=str(row["first"])[:10] if row["first"] else "",
        last_day=str(row["last"])[:10] if row["last"] else "",
        engine=at.name,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        greenwright_version=version("greenwright"),
    )
    return replace(record, warnings=(*record.warnings, *guards.on_output(record)))


def _doubted(one: _Opened, read: SourceRead, machines: Sequence[Hardware]) -> SourceRead:
    """With the mistakes that the source brings with it."""
    usable = one.jobs.filter(one.jobs[PROBLEM].isnull()) if one.surveyed.bad_count else one.jobs
    return replace(read, doubts=guards.doubts(read, usable, one.surveyed.said, machines))


def _full(
    at: Engine,
    opened: Sequence[_Opened],
    machines: Sequence[Hardware],
    places: Sequence[Whereabouts],
    grid: dict[str, list[hours.Hour]],
) -> ir.Table:
    """Every job with what it took, one step upon another; kept, where several rows had to be folded into one."""
    jobs = stacked([one.jobs.filter(one.jobs[PROBLEM].isnull()) if one.surveyed.bad_count else one.jobs for one in opened])
    machine = any(spelling["tracking"] == "machine" for one in opened for spelling in one.surveyed.spellings)
    shared = overlaps.with_machine_share(jobs) if machine else jobs.mutate(machine_share=ibis.literal(1.0))
    full = apart(at, energy.with_hardware(shared, machines), "held")
    full = apart(at, energy.with_place(full, places), "placed")
    full = apart(at, hours.with_hours(full, grid), "timed")
    for step in (energy.with_models, energy.with_computers, energy.with_hall, energy.with_impact):
        full = apart(at, step(full), step.__name__)
    return kept(at, full, "full") if any(one.reader.META.folds for one in opened) else full


def _dimensions(said: frozenset[str], machines: Sequence[Hardware]) -> list[str]:
    """The sides from which there is something to see."""
    seen = said | ({"hardware"} if {"device", "gpu_count", "instance_type"} & said or len(machines) > 1 else set())
    seen |= {"month"} if {"started_at", "ended_at", "offset_s"} & said else set()
    seen |= {"place"} if {"region", "country", "provider"} & said else set()
    return [name for name in totals.DIMENSIONS if name in seen]


def jobs_first(jobs: ir.Table) -> ir.TimestampValue:
    """When the first job began."""
    return jobs.started_at.min()


def _resolved(surveys: Sequence[Survey], options: Options) -> tuple[list[Hardware], list[Whereabouts], list[str]]:
    """Each spelling of hardware, of place and of currency, once."""
    rows = [spelling for one in surveys for spelling in one.spellings]
    held = sorted({(row["device"], row["instance_type"]) for row in rows})
    where = sorted({(row["provider"], row["region"], row["country"]) for row in rows})
    currencies = sorted({row["currency"] for row in rows if row["currency"]})
    return [hardware(*one) for one in held], [whereabouts(*one, options.place) for one in where], currencies


def _headline(total: Any, found: Sequence[Any]) -> str:
    return f"{total.job_count:,} jobs" if not found else f"{total.job_count:,} jobs, {len(found)} ways to need less"


def _why(read: Sequence[SourceRead]) -> str:
    reasons = [f"{one.rejections[0].reason} ({one.rejections[0].row_count:,} rows)" for one in read if one.rejections]
    return f": {'; '.join(reasons)}" if reasons else ""


def _factors(machines: Sequence[Hardware], places: Sequence[Whereabouts], sides: Sequence[Side]) -> tuple[UsedFactor, ...]:
    used = {one.name for side in sides if side.dimension == "hardware" for one in side.slices}
    found: dict[str, UsedFactor] = {}
    for chip in machines:
        if chip.name in used:
            for state, amount in (("idle", chip.idle_w), ("busy", chip.busy_w)):
                found[f"{chip.name} {state}"] = UsedFactor(
                    name=f"{chip.name}, {state}", amount=amount, unit="W", used_for="power", url=chip.url
                )
    for one in places:
        found[one.name] = UsedFactor(
            name=one.name, amount=one.intensity_g_per_kwh, unit="g/kWh", used_for="carbon", url=one.url
        )
        found[f"{one.name} hall"] = UsedFactor(
            name=f"{one.name}, hall", amount=one.pue, unit="PUE", used_for="energy of the hall", url=one.url
        )
    return tuple(found.values())[:200]


def _warnings(
    read: Sequence[SourceRead], total: Any, machines: Sequence[Hardware], places: Sequence[Whereabouts]
) -> tuple[str, ...]:
    said = []
    if total.known_share < 1:
        said.append(f"the energy of {1 - total.known_share:.1%} of the jobs cannot be told: nothing says what they held")
    if unknown := sorted({one.name for one in machines if not one.known}):
        said.append(f"accelerators not in the catalogue count with the range of all: {', '.join(unknown[:5])}")
    if any(not one.known for one in places):
        said.append(
            "where some jobs ran is not known: they count with the world's mean and range; --place says it for all that do not say"
        )
    said += [_rejected(one) for one in read if one.rejected_count]
    return tuple(said)


def _rejected(one: SourceRead) -> str:
    where = f", see {one.aside}" if one.aside else ""
    return f"{one.source}: {one.rejected_count:,} of {one.row_count:,} rows could not be used{where}"
