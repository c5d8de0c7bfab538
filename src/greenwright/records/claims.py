"""What somebody published about energy, carbon and water, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a published number is about. Values are kept in joules, watts, seconds, grams and litres."""

    ENERGY = "energy"
    """Where the publication does not say at which boundary."""
    IT_ENERGY = "IT energy"
    FACILITY_ENERGY = "facility energy"
    PART_ENERGY = "energy of a part"
    POWER = "power"
    DEVICES = "devices"
    DURATION = "duration"
    DEVICE_TIME = "device time"
    PUE = "PUE"
    INTENSITY = "carbon intensity"
    CARBON = "carbon"
    LOCATION_CARBON = "location-based carbon"
    MARKET_CARBON = "market-based carbon"
    EMBODIED_CARBON = "embodied carbon"
    OFFSETS = "offsets"
    NET_CARBON = "carbon after offsets"
    AVOIDED_CARBON = "avoided carbon"
    WATER = "water"
    SITE_WATER = "water at the site"
    GRID_WATER = "water at power stations"
    WUE = "WUE"
    EWIF = "water per kWh of electricity"
    UNITS = "functional units"
    ENERGY_PER_UNIT = "energy per unit"
    CARBON_PER_UNIT = "carbon per unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One number as it was printed."""

    kind: Kind
    value: float
    slack: float
    """Half of the last digit printed, in the same unit: what rounding alone explains."""
    printed: str
    where: str
    """Line, cell or key."""
    label: str = ""
    """The words it stood beside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Statements about one thing: a row of a table, a list, a paragraph, a model card's metadata."""

    subject: str
    where: str
    statements: tuple[Statement, ...]
    devices: tuple[str, ...] = ()
    """Names of hardware that stood with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTable:
    """Rows of one table, and the row that calls itself their total."""

    where: str
    rows: tuple[Claims, ...]
    total: Claims | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row of a file that a meter or a scheduler wrote, as text by column."""

    where: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDocument:
    """Everything that was found in one file."""

    name: str
    claims: tuple[Claims, ...] = ()
    tables: tuple[ClaimTable, ...] = ()
    records: tuple[Record, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    """Text with where it stood."""
    metadata: dict[str, object] | None = None
    """Of a model card: what stands between its two lines of dashes."""


class Severity(StrEnum):
    """How sure a finding is."""

    WRONG = "wrong"
    """Contradicts itself, or cannot be."""
    DOUBTFUL = "doubtful"
    """May be right, and is often a mistake."""
    UNSAID = "unsaid"
    """Nothing is wrong, and a reader cannot know what the number means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFinding:
    """One mistake, for people."""

    guard: str
    severity: Severity
    where: str
    says: str
    """What is published, with its values, and why it cannot stand."""
    mend: str
