"""What an assessment is asked about: a small TOML file, read and checked. It computes nothing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from greenwright.errors import BadInputError
from greenwright.records.disclosure import Operator, Phase

Number = float | str | dict[str, Any]
"""``0.3``, ``"12 kWh"``, or a table with value, low, high, source and grade."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: a key that nobody reads is an error, not a silence."""


class PlacePlan(_Table, frozen=True, kw_only=True):
    """Where it runs: a name that the catalogue knows, and numbers that go before the catalogue's."""

    where: str = ""
    operated_by: Operator = Operator.OWN
    pue: Number | None = None
    intensity_g_per_kwh: Number | None = None
    market_g_per_kwh: Number | None = None
    marginal_g_per_kwh: Number | None = None
    losses: Number | None = None
    wue_l_per_kwh: Number | None = None
    site_withdrawn_l_per_kwh: Number | None = None
    grid_water_l_per_kwh: Number | None = None
    grid_withdrawn_l_per_kwh: Number | None = None
    hydro_included: bool | None = None
    price_per_kwh: Number | None = None
    currency: str = "USD"


class TextPlan(_Table, frozen=True, kw_only=True):
    """A language model that nobody measured: parameters in billions, tokens written per request."""

    active_parameters: float
    tokens: float
    total_parameters: float | None = None
    latency_s: float | None = None
    batch: float = 64


class PhasePlan(_Table, frozen=True, kw_only=True):
    """One part of a life. Its energy comes from one of: energy, measured, accelerator, text, stored, moved, like."""

    phase: Phase
    name: str = ""
    energy: Number | None = None
    boundary: str = "it"
    """"device", "it" or "facility": where the energy was measured."""
    rest_of_node: Number | None = None
    """IT energy over the devices', for an energy of devices."""
    energy_per_unit: Number | None = None
    measured: str = ""
    """A study.json, or the JSON of a measured run; relative to the plan."""
    accelerator: str = ""
    count: float = 1
    hours: float = 0
    load: float | None = None
    power_w: Number | None = None
    servers: float = 0
    server: str = ""
    lifespan_years: float | None = None
    in_use: float = 1.0
    """Part of the hardware's life in which it works at all."""
    rent_per_h: Number | None = None
    """Of one accelerator with its share of a host."""
    text: TextPlan | None = None
    stored: str = ""
    disks: str = "ssd"
    copies: float = 1
    moved: str = ""
    over: str = "internet"
    like: str = ""
    """The name of an earlier part that is done again."""
    share: float = 1.0
    """Of that part, or of this one: fine-tuning is a share of training."""
    times: float = 1
    """How often; failed runs and searches count."""
    units: float | None = None
    """Functional units that this part delivers."""
    place: PlacePlan | None = None
    how: str = ""


class InsteadPlan(_Table, frozen=True, kw_only=True):
    """What would be done otherwise: an untouched model, a person, another service."""

    name: str
    energy_per_unit: Number
    boundary: str = "it"


class ScorePlan(_Table, frozen=True, kw_only=True):
    """Energies per unit of others, for the same unit of the same task."""

    median: Number
    best_tenth: Number
    against: str


class FactsPlan(_Table, frozen=True, kw_only=True):
    """What regulations ask beside the footprint."""

    training_type: str = ""
    hardware: str = ""
    period: str = ""
    training_flop: float | None = None
    training_hours: float | None = None
    inference_flop: float | None = None
    inference_task: str = ""


class Plan(_Table, frozen=True, kw_only=True):
    """The whole file."""

    name: str
    unit: str
    part: list[PhasePlan]
    version: str = ""
    units: float | None = None
    """Functional units over the whole life; else those of the parts."""
    place: PlacePlan = PlacePlan()
    instead: list[InsteadPlan] = []
    score: ScorePlan | None = None
    facts: FactsPlan = FactsPlan()


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A plan and the folder that its paths are relative to."""

    plan: Plan
    folder: Path


def read(path: Path) -> Read:
    """Read and check a plan.

    Raises:
        BadInputError: it cannot be read, is not TOML, or has a key or value that nobody understands.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not TOML: {error}") from error
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from error
    if not content:
        raise BadInputError(f"{path} is empty; start from the example in docs/footprint.md, or: greenwright assess --example")
    try:
        plan = msgspec.convert(content, Plan)
    except msgspec.ValidationError as error:
        raise BadInputError(f"{path}: {_plainly(str(error))}") from error
    return Read(plan=_checked(plan, path), folder=path.parent)


def _checked(plan: Plan, path: Path) -> Plan:
    if not plan.part:
        raise BadInputError(f"{path} has no [[part]]; add one for each part of the life")
    names = [part.name for part in plan.part if part.name]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise BadInputError(f"{path}: two parts are called {doubled[0]!r}; give each a name of its own")
    return plan


def _plainly(text: str) -> str:
    """Msgspec's message, with the key that was probably meant."""
    key = text.partition("unknown field `")[2].partition("`")[0]
    known = [
        name
        for table in (Plan, PhasePlan, PlacePlan, TextPlan, InsteadPlan, ScorePlan, FactsPlan)
        for name in table.__struct_fields__
    ]
    near = get_close_matches(key, known, n=1) if key else []
    return text + (f"; did you mean `{near[0]}`?" if near else "")
