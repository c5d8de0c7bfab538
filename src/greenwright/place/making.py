"""From the tables of a job file to jobs, sites and outlooks: units are read, names are looked up, nothing is guessed unsaid."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path

from greenwright import units
from greenwright.catalogue import devices, places
from greenwright.catalogue.load import factors
from greenwright.errors import BadInputError
from greenwright.place import distance, market, measured, roofline, series_file
from greenwright.place.job_errors import about, nearest
from greenwright.place.job_file import JobFile, JobTable, RateTable, SiteTable, WidthTable, WorkTable
from greenwright.place.options import Network
from greenwright.place.outlook import Outlook, flat
from greenwright.place.planner import Preference, Wish
from greenwright.records.placement import Demand, Job, PriceClass, Rate, Site, Width
from greenwright.records.quantities import Grade, Quantity

Look = Callable[[places.Place, datetime, float, int], Outlook | None]
"""(place, start, seconds a slot, slots) to what is known of the hours to come there; None where nothing is."""

WORLD = "world"
"""The key of the site that stands for a place nobody named."""
LONGEST_SLOTS = 2_000
BYTES_PER_GB = 1e9
BITS_PER_BYTE = 8


@dataclass(slots=True, kw_only=True)
class Setting:
    """All that jobs are planned in."""

    starts_at: datetime
    step_s: float
    slot_count: int
    jobs: list[Job] = field(default_factory=list)
    heres: list[str] = field(default_factory=list)
    """Where each job would run without a plan."""
    sites: list[Site] = field(default_factory=list)
    outlooks: dict[str, Outlook] = field(default_factory=dict)
    """By site."""
    network: Network
    wish: Wish
    notes: list[str] = field(default_factory=list)


def setting(file: JobFile, folder: Path, *, look: Look | None = None, now: datetime | None = None) -> Setting:
    """Everything that ``file`` says or implies; paths in it are relative to ``folder``.

    Raises:
        BadInputError: a unit, name or number that cannot be used.
    """
    starts_at = _moment(file.start) if file.start else (now or datetime.now(UTC)).replace(microsecond=0)
    with about("slot"):
        step_s = units.parse_duration_s(file.slot)
    jobs = [_job(table, folder, starts_at) for table in file.jobs]
    latest_s = max(job.deadline_s for job in jobs)
    slot_count = math.ceil(latest_s / step_s - 1e-9)
    if slot_count > LONGEST_SLOTS:
        raise BadInputError(f"{slot_count} slots of {file.slot} until the last deadline are too many; use a longer slot")
    made = Setting(
        starts_at=starts_at,
        step_s=step_s,
        slot_count=slot_count,
        jobs=jobs,
        network=_network(file),
        wish=Wish(prefer=_preference(file), g_per_usd=file.prefer.g_per_usd),
    )
    _find_sites(file, made)
    for site in made.sites:
        made.outlooks[site.key] = _outlook(site, file, folder, made, look)
    made.heres = [_key(table.where.here) or WORLD for table in file.jobs]
    return _to_the_shortest(made)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(f"{text!r} is not a date and time; write it as 2026-11-24T18:00+00:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _job(table: JobTable, folder: Path, starts_at: datetime) -> Job:
    when, where, how = table.when, table.where, table.how
    return Job(
        name=table.name,
        demands=tuple(demands(table.work, how.accelerators, folder)),
        release_s=_from_start("when.release", when.release, starts_at) if when.release else 0.0,
        deadline_s=_from_start("when.deadline", when.deadline, starts_at),
        interruptible=when.interruptible,
        checkpoint_s=_duration("when.checkpoint", when.checkpoint),
        restart_s=_duration("when.restart", when.restart),
        widths=_widths(how.width),
        data_bytes=_size_bytes(where.data) if where.data else 0.0,
        data_home=_key(where.data_home or (where.here if where.data else "")),
        latency_limit_s=_duration("where.latency_limit", where.latency_limit) if where.latency_limit else None,
        residency=tuple(_country(one) for one in where.residency),
        price_classes=tuple(_price_class(one) for one in how.price_classes),
        max_cost_usd=how.max_cost_usd,
    )


def _duration(key: str, text: str) -> float:
    with about(key):
        return units.parse_duration_s(text) if text not in {"", "0", "0s"} else 0.0


def _size_bytes(text: str) -> float:
    with about("where.data"):
        return units.parse_size_bytes(text)


def _energy_j(key: str, text: str) -> float:
    with about(key):
        return units.parse_energy_j(text)


def _from_start(key: str, text: str, starts_at: datetime) -> float:
    """Seconds from the start of the plan: a duration, or a date and time."""
    if not text[:4].isdigit() or "-" not in text:
        return _duration(key, text)
    passed_s = (_moment(text) - starts_at).total_seconds()
    if passed_s <= 0:
        raise BadInputError(
            f"{key} {text} has passed: the plan starts {starts_at.isoformat(timespec='minutes')}; give a later time"
        )
    return passed_s


def demands(work: WorkTable, accelerators: Sequence[str], folder: Path) -> list[Demand]:
    """What the work takes on each device that is allowed.

    Raises:
        BadInputError: the work is said in no way or in two, or no device fits it.
    """
    said = [name for name, given in (("energy", work.energy), ("measured", work.measured), ("flop", work.flop)) if given]
    if len(said) != 1:
        found = " and ".join(said) or "nothing"
        raise BadInputError(f"[work] gives {found}; give one of: energy with duration, measured, or flop with how.accelerators")
    if said == ["flop"]:
        return _by_roofline(work, accelerators)
    device = devices.device(work.device) if work.device else None
    embodied = roofline.embodied_g_per_s(device) if device else None
    if said == ["measured"]:
        energy_j, run_s = measured.run(folder / work.measured, work.repeat)
    elif not work.duration:
        raise BadInputError(
            "[work] gives energy and no duration; say how long it runs at its narrowest, such as duration = '6h'"
        )
    else:
        energy_j, run_s = _said_energy(work), _duration("work.duration", work.duration)
    if accelerators and work.device not in accelerators:
        raise BadInputError(
            f"the work is known on {work.device or 'an unnamed device'} alone, and how.accelerators allows {', '.join(accelerators)}; "
            "give flop instead, or name the device in work.device"
        )
    return [Demand(device=work.device, energy_j=energy_j, run_s=run_s, embodied_g_per_s=embodied)]


def _said_energy(work: WorkTable) -> Quantity:
    value = _energy_j("work.energy", work.energy)
    low = _energy_j("work.energy_low", work.energy_low) if work.energy_low else value * 0.8
    high = _energy_j("work.energy_high", work.energy_high) if work.energy_high else value * 1.25
    if not low <= value <= high:
        raise BadInputError(
            f"[work] energy {work.energy} is not between {work.energy_low} and {work.energy_high}; correct them"
        )
    return Quantity(value=value, low=low, high=high, grade=Grade.ASSUMED, source="the energy given in the job file")


def _by_roofline(work: WorkTable, accelerators: Sequence[str]) -> list[Demand]:
    if not accelerators:
        raise BadInputError("[work] gives flop, and how.accelerators names no device to compute them on; name at least one")
    wanted = roofline.Work(
        flop_count=work.flop, moved_bytes=work.moved_bytes, precision=work.precision, peak_share=work.peak_share
    )
    made = []
    for name in accelerators:
        device = devices.device(name)
        if device is None:
            known = (
                key
                for one in devices.accelerators()
                for key in (one.key, one.name.lower(), one.name.split(maxsplit=1)[-1].lower())
            )
            raise BadInputError(
                f"how.accelerators: no device is called {name!r} in the catalogue{nearest(name, known)}; "
                "see `greenwright catalogue accelerators`, or give energy and duration"
            )
        made.append(replace(roofline.demand(wanted, device), device=name))
    return made


def _widths(tables: Sequence[WidthTable]) -> tuple[Width, ...]:
    if not tables:
        return (Width(node_count=1, speed_ratio=1.0, power_ratio=1.0),)
    ordered = sorted(tables, key=lambda one: one.nodes)
    first = ordered[0]
    for before, after in pairwise(ordered):
        if after.nodes == before.nodes or after.speed <= before.speed or after.power <= before.power:
            raise BadInputError(
                f"how.width: {after.nodes} nodes must be faster and draw more than {before.nodes}; drop the width that gains nothing"
            )
    return tuple(
        Width(node_count=one.nodes, speed_ratio=one.speed / first.speed, power_ratio=one.power / first.power) for one in ordered
    )


def _country(text: str) -> str:
    if text.upper() == "EU":
        return "EU"
    found = places.country(text)
    if not found.known:
        raise BadInputError(f"residency: no country is called {text!r}; use two letters, such as DE, or EU")
    return found.country


def _price_class(text: str) -> PriceClass:
    try:
        return PriceClass(text)
    except ValueError as error:
        raise BadInputError(
            f"no price class is called {text!r}{nearest(text, PriceClass)}; there are {', '.join(PriceClass)}"
        ) from error


def _preference(file: JobFile) -> Preference:
    try:
        return Preference(file.prefer.for_)
    except ValueError as error:
        raise BadInputError(
            f"prefer.for is {file.prefer.for_!r}{nearest(file.prefer.for_, Preference)}; there are {', '.join(Preference)}"
        ) from error


def _network(file: JobFile) -> Network:
    given, known = file.network, factors("transfer")["between-regions"]
    value, low, high = (known.value, known.low, known.high) if given.kwh_per_gb is None else (given.kwh_per_gb,) * 3
    joules = units.J_PER_KWH / BYTES_PER_GB
    source = known.source if given.kwh_per_gb is None else "the job file"
    return Network(
        energy_j_per_byte=Quantity(
            value=value * joules, low=low * joules, high=high * joules, grade=Grade.MODELLED, source=source
        ),
        bytes_per_s=given.gbit_per_s * BYTES_PER_GB / BITS_PER_BYTE,
        usd_per_byte=given.usd_per_gb / BYTES_PER_GB,
    )


def _key(text: str) -> str:
    """``aws:eu-west-1`` as the catalogue writes it."""
    return text.strip().replace(":", "/")


def _find_sites(file: JobFile, made: Setting) -> None:
    """The sites named in the file, those of the catalogue that fit, "here", and the data's home: each once."""
    own = {_key(table.key): table for table in file.site}
    wanted: dict[str, None] = dict.fromkeys(own)
    allowed: list[set[str]] = []
    for table in file.jobs:
        fitting = {key for pattern in table.where.regions for key in _matching(_key(pattern))} | own.keys()
        allowed.append(fitting)
        ends = (_key(table.where.here) or WORLD, _key(table.where.data_home))
        wanted |= dict.fromkeys([*sorted(fitting), *(one for one in ends if one)])
    users = {table.where.users for table in file.jobs if table.where.users}
    if len(users) > 1:
        raise BadInputError(
            f"the jobs have users in {', '.join(sorted(users))}; plan jobs with different users in files of their own"
        )
    named = list(dict.fromkeys(demand.device for job in made.jobs for demand in job.demands))
    for key in wanted:
        site = _site(key, own.get(key), next(iter(users), ""), made.notes)
        made.sites.append(site if site.rates else replace(site, rates=market.rates(key, named)))
    for number, (job, fitting) in enumerate(zip(made.jobs, allowed, strict=True)):
        here = _key(file.jobs[number].where.here) or WORLD
        made.jobs[number] = replace(job, sites=tuple(sorted(fitting | ({here} if here != WORLD or not fitting else set()))))


def _matching(pattern: str) -> Iterable[str]:
    """Regions of the catalogue: by key with stars, or by country."""
    every = places.regions()
    found = [one.key for one in every if fnmatch(one.key, pattern.lower())]
    if not found and "/" not in pattern:
        home = places.country(pattern)
        found = [one.key for one in every if home.known and one.country == home.country] or ([home.key] if home.known else [])
    if not found:
        known = (one.key for one in every)
        raise BadInputError(
            f"where.regions: no region fits {pattern!r}{nearest(pattern, known)}; see `greenwright catalogue regions`"
        )
    return found


def _site(key: str, table: SiteTable | None, users: str, notes: list[str]) -> Site:
    place = places.place(table.zone or table.country or key if table else key) if key != WORLD else places.unknown()
    if not place.known and key == WORLD:
        notes.append("No place is given for now and here: it is the world's mean, with the world's range. Set where.here.")
    elif not place.known and (table is None or not (table.zone or table.country)):
        notes.append(f"{key} is in no catalogue: it gets the world's mean and range, unless [intensity] says more.")
    pue = place.pue or Quantity(value=1.2, low=1.05, high=1.6, grade=Grade.ASSUMED, source="a data centre nobody described")
    made = Site(
        key=key,
        zone=place.zone,
        country=(table.country if table and table.country else place.country).upper(),
        bloc=place.bloc,
        pue=pue,
        water_l_per_kwh=_water(place, pue),
        latency_s=distance.latency_s(places.place(users), place) if users else None,
    )
    return _with_own(made, table) if table else made


def _with_own(site: Site, table: SiteTable) -> Site:
    """What the file knows better."""
    changed = replace(site, capacity_count=table.capacity, rates=tuple(_rate(one) for one in table.rate))
    if table.pue is not None:
        if table.pue < 1:
            raise BadInputError(
                f"site {table.key}: pue is {table.pue}; a hall uses at least what its computers do, so give 1 or more"
            )
        changed = replace(changed, pue=_given(table.pue))
    if table.water_l_per_kwh is not None:
        changed = replace(changed, water_l_per_kwh=_given(table.water_l_per_kwh))
    if table.latency:
        changed = replace(changed, latency_s=_given(_duration(f"site {table.key}: latency", table.latency)))
    return changed


def _given(value: float) -> Quantity:
    return Quantity(value=value, low=value, high=value, grade=Grade.ASSUMED, source="the job file")


def _rate(table: RateTable) -> Rate:
    return Rate(
        device=table.device,
        price_class=_price_class(table.price_class),
        usd_per_s=None if table.usd_per_h is None else market.given(table.usd_per_h),
        interrupted_every_s=_duration("rate.interrupted_every", table.interrupted_every) or None,
    )


def _water(place: places.Place, pue: Quantity) -> Quantity | None:
    """On site, and at power plants for all that the hall takes."""
    site, plant = place.water_l_per_kwh, place.plant_water_l_per_kwh
    if site is None and plant is None:
        return None
    parts = [(one, scale) for one, scale in ((site, 1.0), (plant, pue.value)) if one is not None]
    return Quantity(
        value=sum(one.value * scale for one, scale in parts),
        low=sum(one.low * scale for one, scale in parts),
        high=sum(one.high * scale for one, scale in parts),
        grade=Grade.MODELLED,
        source="; ".join(dict.fromkeys(one.source for one, _ in parts)),
    )


def _outlook(site: Site, file: JobFile, folder: Path, made: Setting, look: Look | None) -> Outlook:
    """What the file says of the site, its zone or its country; else what ``look`` knows; else the yearly mean, flat."""
    for name in (site.key, site.zone, site.country):
        if name and name in file.intensity:
            said = file.intensity[name]
            if isinstance(said, str):
                return series_file.outlook(folder / said, name, made.starts_at, made.step_s, made.slot_count)
            return flat(_given(float(said)), made.slot_count)
    place = places.place(site.key) if site.key != WORLD else places.unknown()
    if not place.known and (site.zone or site.country):
        place = places.place(site.zone or site.country)
    known = look(place, made.starts_at, made.step_s, made.slot_count) if look else None
    if known is not None:
        return known
    return flat(place.intensity_g_per_kwh, made.slot_count)


def _to_the_shortest(made: Setting) -> Setting:
    """Plan over the hours that are known everywhere."""
    shortest = min(len(one.median_g_per_kwh) for one in made.outlooks.values())
    if shortest < made.slot_count:
        made.notes.append(
            f"Hours are known until {shortest * made.step_s / 3600:g} h from the start: nothing is planned beyond."
        )
    made.outlooks = {key: _cut(one, shortest) for key, one in made.outlooks.items()}
    made.slot_count = shortest
    if all(one.is_flat for one in made.outlooks.values()):
        made.notes.append(
            "Every place has one intensity for all hours (a yearly mean): no hour is better than another by that."
        )
    return made


def _cut(outlook: Outlook, slot_count: int) -> Outlook:
    return replace(
        outlook,
        median_g_per_kwh=outlook.median_g_per_kwh[:slot_count],
        low_g_per_kwh=outlook.low_g_per_kwh[:slot_count],
        high_g_per_kwh=outlook.high_g_per_kwh[:slot_count],
    )
