"""Read a JOB.toml: one job or many, the sites they may run at, and what a kilowatt-hour emits there.

The shape of the file is the structs below; what is spelt wrong, or has the wrong unit, is refused with its name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from greenwright.errors import BadInputError
from greenwright.place import job_errors

AtLeast0 = Annotated[float, msgspec.Meta(ge=0)]
Above0 = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class _Table(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: what it does not know, it refuses."""


class WorkTable(_Table):
    """What is to be done: energy and duration, or a measured run, or operations and bytes."""

    energy: str = ""
    energy_low: str = ""
    energy_high: str = ""
    duration: str = ""
    device: str = ""
    measured: str = ""
    repeat: Count = 1
    """Times that the measured run is to be done."""
    flop: AtLeast0 = 0.0
    moved_bytes: AtLeast0 = 0.0
    precision: str = "fp16"
    peak_share: Share = 0.4


class WhenTable(_Table):
    """When it may run. Durations count from now; a deadline may also be a date and time."""

    release: str = ""
    deadline: str = "24h"
    interruptible: bool = False
    checkpoint: str = ""
    restart: str = ""


class WhereTable(_Table):
    """Where it may run."""

    here: str = ""
    """Where it would run without a plan."""
    regions: list[str] = []
    """Of the catalogue: "aws/eu-west-1", "aws/eu-*", "gcp/*", or a country."""
    residency: list[str] = []
    users: str = ""
    latency_limit: str = ""
    data: str = ""
    data_home: str = ""


class WidthTable(_Table):
    """One width: nodes, and speed and power in any unit, the same for all widths."""

    nodes: Count
    speed: Above0
    power: Above0


class HowTable(_Table):
    """On what it may run."""

    accelerators: list[str] = []
    price_classes: list[str] = msgspec.field(default_factory=lambda: ["on-demand"])
    max_cost_usd: AtLeast0 | None = None
    width: list[WidthTable] = []


class PreferTable(_Table):
    """What to pick from the front."""

    for_: str = msgspec.field(name="for", default="carbon")
    g_per_usd: AtLeast0 = 0.0


class JobTable(_Table):
    """One job."""

    name: str = "job"
    work: WorkTable = msgspec.field(default_factory=WorkTable)
    when: WhenTable = msgspec.field(default_factory=WhenTable)
    where: WhereTable = msgspec.field(default_factory=WhereTable)
    how: HowTable = msgspec.field(default_factory=HowTable)


class RateTable(_Table):
    """A price."""

    device: str = ""
    price_class: str = "on-demand"
    usd_per_h: AtLeast0 | None = None
    interrupted_every: str = ""


class SiteTable(_Table):
    """A site of your own, or what you know better about one of the catalogue."""

    key: str
    zone: str = ""
    country: str = ""
    pue: float | None = None
    water_l_per_kwh: AtLeast0 | None = None
    latency: str = ""
    capacity: Annotated[int, msgspec.Meta(ge=0)] | None = None
    rate: list[RateTable] = []


class NetworkTable(_Table):
    """What moving data takes."""

    kwh_per_gb: AtLeast0 | None = None
    gbit_per_s: Above0 = 1.0
    usd_per_gb: AtLeast0 = 0.0


class ServiceTable(_Table):
    """A service whose requests may be answered elsewhere; the three tables are CSV, with a column per region."""

    requests: str
    """An hour a row: timestamp, and requests that arise in each region."""
    intensity: str
    """Likewise: grams per kWh."""
    latency: str
    """Milliseconds from each region (rows, in the order of the columns) to each."""
    limit: str
    capacity: Above0
    """Requests an hour that each region can answer."""
    wh_per_request: Above0 = 1000.0
    """Left out, grams are per unit of work of a kilowatt-hour."""
    start: str = ""
    hours: Annotated[int, msgspec.Meta(ge=0)] = 0
    """0: all there are."""


class JobFile(JobTable):
    """The whole file: the tables of one job at the top, or one ``[[job]]`` each; and what all of them share."""

    service: ServiceTable | None = None
    job: list[JobTable] = []
    site: list[SiteTable] = []
    intensity: dict[str, AtLeast0 | str] = {}
    """Grams per kWh, or a file of them, by site, zone or country."""
    network: NetworkTable = msgspec.field(default_factory=NetworkTable)
    prefer: PreferTable = msgspec.field(default_factory=PreferTable)
    slot: str = "1h"
    start: str = ""
    """When the plan begins, ISO 8601; now, if empty."""

    @property
    def jobs(self) -> Sequence[JobTable]:
        """Every job of the file."""
        return self.job or [self]


TABLES: dict[str, type[msgspec.Struct]] = {
    "": JobFile,
    "job": JobTable,
    "work": WorkTable,
    "when": WhenTable,
    "where": WhereTable,
    "how": HowTable,
    "width": WidthTable,
    "prefer": PreferTable,
    "site": SiteTable,
    "rate": RateTable,
    "network": NetworkTable,
    "service": ServiceTable,
}
"""By the name of their table."""


def read(path: Path) -> JobFile:
    """The file, its shape checked.

    Raises:
        BadInputError: no such file, not TOML, or a table or value that does not belong.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInputError(f"there is no job file at {path}; write one, as docs/placing.md shows") from error
    except IsADirectoryError as error:
        raise BadInputError(f"{path} is a folder; name the job file in it") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not TOML: {error}") from error
    if not content:
        raise BadInputError(f"{path} is empty; write [work], [when] and [where], as docs/placing.md shows")
    return checked(content, str(path))


def checked(content: dict[str, Any], what: str) -> JobFile:
    """The same from a mapping.

    Raises:
        BadInputError: a table or value that does not belong; the text says which.
    """
    try:
        made = msgspec.convert(content, JobFile)
    except msgspec.ValidationError as error:
        raise BadInputError(f"{what}: {job_errors.told(error, content, TABLES)}") from error
    if made.job and {"work", "when", "where", "how"} & content.keys():
        raise BadInputError(f"{what} has [[job]] tables and tables of one job at the top; put all of them into [[job]]")
    return made
