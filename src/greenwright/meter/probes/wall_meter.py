"""Energy of the whole machine from a smart plug, a PDU, or any meter that a logger writes to a CSV file.

The setting ``wall_meter`` is the address at which the meter answers, or the file's path. What known meters answer is understood;
for others the URL's fragment says where the watts are: ``http://pdu/api/outlets#3.power_w``.

Source: https://shelly-api-docs.shelly.cloud/gen2/ComponentsAndServices/Switch (apower, in watts);
https://tasmota.github.io/docs/Commands (Status 8); https://developers.home-assistant.io/docs/api/rest (states);
https://api-documentation.homewizard.com/docs/v1/measurement (active_power_w)
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from greenwright import settings
from greenwright.errors import CannotHereError
from greenwright.meter import clock
from greenwright.meter.answers import ask_json, at_path, shown
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade

META = Meta(
    id="wall_meter",
    title="Meter at the wall: a smart plug, a PDU, or a logger's CSV file",
    covers="all that hangs on the meter: the machine with its supply, fans, disks and losses",
    leaves_out="cooling of the room, and network outside the machine",
    grade=Grade.SAMPLED,
    update_s=1.0,
    source="https://shelly-api-docs.shelly.cloud/gen2/ComponentsAndServices/Switch",
    slow=True,
)
SAMPLE_S = 1.0
ERROR_SHARE = 0.02
"""Smart plugs and PDUs state 1 to 2 %."""
STALE_S = 30.0
"""A file that was not written for so long is no longer written."""

_WHAT = "meter at the wall"
_MEND = "export GREENWRIGHT_WALL_METER=http://PLUG/rpc/Switch.GetStatus?id=0   # or the path of a logger's CSV file"
_PATHS: tuple[tuple[str | int, ...], ...] = (
    ("apower",),  # Shelly, Switch.GetStatus
    ("switch:0", "apower"),  # Shelly, Shelly.GetStatus
    ("pm1:0", "apower"),
    ("em:0", "total_act_power"),
    ("em1:0", "act_power"),
    ("meters", 0, "power"),  # Shelly of the first generation, /status
    ("StatusSNS", "ENERGY", "Power", 0),  # Tasmota with several channels
    ("StatusSNS", "ENERGY", "Power"),  # Tasmota, Status 8
    ("active_power_w",),  # HomeWizard
    ("power_w",),
    ("power",),  # Shelly of the first generation, /meter/0
    ("state",),  # Home Assistant, a sensor of watts
)
_POWER_COLUMN = re.compile(r"power|watt|^w$|_w$|\[w\]|\(w\)", re.IGNORECASE)
_KILO = re.compile(r"kw\b|kilowatt", re.IGNORECASE)


def find(root: Path = Path("/")) -> list[Counter]:  # noqa: ARG001 - the meter is where the settings say
    """The meter that the settings name, where it answers."""
    try:
        where = settings.resolve().wall_meter
        if not where:
            return []
        _power_w(where)
    except CannotHereError:
        return []
    name = shown(where)
    return [
        Counter(
            id="wall_meter",
            component="node",
            handle=where,
            covers=META.covers,
            low_ratio=1 - ERROR_SHARE,
            high_ratio=1 + ERROR_SHARE,
            source=f"meter at the wall, {name}, within {ERROR_SHARE:.0%}",
            sample_s=SAMPLE_S,
        )
    ]


def missing(root: Path = Path("/")) -> list[Missing]:  # noqa: ARG001 - likewise
    """That none is set, or why the one that is does not answer."""
    where = settings.resolve().wall_meter
    if not where:
        return [Missing(what=_WHAT, why="none is set: without one, supply, fans and disks are not measured", mend=_MEND)]
    try:
        _power_w(where)
    except CannotHereError as error:
        return [Missing(what=_WHAT, why=str(error), mend=_MEND)]
    return []


def read(counter: Counter) -> Reading:
    """Look once.

    Raises:
        CannotHereError: the meter does not answer, or its file is no longer written.
    """
    power_w = _power_w(counter.handle)
    return Reading(counter=counter.id, at_s=clock.now_s(), power_w=power_w)


def _power_w(where: str) -> float:
    if "://" not in where:
        return _last_of(Path(where))
    answer = ask_json(where, token=os.environ.get("GREENWRIGHT_WALL_METER_TOKEN", ""))
    fragment = urlsplit(where).fragment
    paths = (tuple(int(step) if step.isdigit() else step for step in fragment.split(".")),) if fragment else _PATHS
    for path in paths:
        if (power_w := _number(at_path(answer, path))) is not None:
            return power_w * (1000.0 if _says_kilowatts(answer) else 1.0)
    keys = ", ".join(map(str, answer)) if isinstance(answer, dict) else type(answer).__name__
    raise CannotHereError(f"{shown(where)} answers without watts (it has {keys}); say where they are: URL#name.name")


def _says_kilowatts(answer: Any) -> bool:
    return bool(at_path(answer, ("attributes", "unit_of_measurement")) == "kW")


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _last_of(path: Path) -> float:
    """Watts in the last whole row of a CSV file with a header."""
    import csv

    try:
        rows = list(csv.reader(_ends_of(path)))
        age_s = time.time() - path.stat().st_mtime
    except OSError as error:
        raise CannotHereError(
            f"{path} cannot be read: {error.strerror}; name the file that the meter's logger writes"
        ) from error
    if age_s > STALE_S:
        raise CannotHereError(f"{path} was last written {age_s:.0f} s ago: the meter's logger has stopped; start it again")
    head = rows[0] if rows else []
    column = next((number for number, name in enumerate(head) if _POWER_COLUMN.search(name)), None)
    if column is None:
        raise CannotHereError(f"{path} has no column of watts (it has {', '.join(head) or 'nothing'}); call one power_w")
    last = next((row for row in reversed(rows[1:]) if len(row) == len(head) and _number(row[column]) is not None), None)
    if last is None:
        raise CannotHereError(f"{path} has no row with watts yet; wait for its logger")
    return float(last[column]) * (1000.0 if _KILO.search(head[column]) else 1.0)


def _ends_of(path: Path) -> list[str]:
    """The first line, and the last few that are whole: a long log is not read through."""
    with path.open("rb") as file:
        first = file.readline().decode(errors="replace")
        size_bytes = file.seek(0, os.SEEK_END)
        file.seek(max(len(first.encode()), size_bytes - 4096))
        tail = file.read().decode(errors="replace")
    lines = tail[: tail.rfind("\n") + 1].splitlines()
    return [first, *lines[-5:]]
