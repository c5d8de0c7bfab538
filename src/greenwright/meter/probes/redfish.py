"""Energy of the whole machine from its management controller, asked over Redfish.

The setting ``redfish_url`` is ``https://user:password@host``. Newer controllers show power under ``EnvironmentMetrics``, older
ones under ``Power``; the first chassis that shows it counts.

Source: DMTF DSP0268, Redfish Schema Supplement (Power.PowerControl.PowerConsumedWatts; EnvironmentMetrics.PowerWatts.Reading),
https://redfish.dmtf.org/schemas/DSP0268_2024.1.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from greenwright import settings
from greenwright.errors import CannotHereError
from greenwright.meter import clock
from greenwright.meter.answers import ask_json, at_path, shown
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade

META = Meta(
    id="redfish",
    title="Power of the machine's supplies, from its management controller (Redfish)",
    covers="the whole machine at its power supplies",
    leaves_out="cooling of the room; what happens faster than the controller looks",
    grade=Grade.SAMPLED,
    update_s=2.0,
    source="https://redfish.dmtf.org/schemas/DSP0268_2024.1.html",
    slow=True,
)
SAMPLE_S = 2.0
ERROR_SHARE = 0.05
"""Supplies state 1 to 5 % of what they draw under load."""

_WHAT = "power from the management controller (Redfish)"
_MEND = "export GREENWRIGHT_REDFISH_URL=https://USER:PASSWORD@BMC"
_PLACES: tuple[tuple[str, tuple[str | int, ...]], ...] = (
    ("EnvironmentMetrics", ("PowerWatts", "Reading")),
    ("Power", ("PowerControl", 0, "PowerConsumedWatts")),
)


def find(root: Path = Path("/")) -> list[Counter]:  # noqa: ARG001 - the meter is where the settings say
    """The chassis that shows its power, where a controller is set and answers."""
    base = settings.resolve().redfish_url
    try:
        place = _place(base) if base else None
    except CannotHereError:
        return []
    if place is None:
        return []
    url, _ = place
    return [
        Counter(
            id="redfish",
            component="node",
            handle=place,
            covers=META.covers,
            low_ratio=1 - ERROR_SHARE,
            high_ratio=1 + ERROR_SHARE,
            source=f"Redfish, {shown(url)}, within {ERROR_SHARE:.0%}",
            sample_s=SAMPLE_S,
        )
    ]


def missing(root: Path = Path("/")) -> list[Missing]:  # noqa: ARG001 - likewise
    """That no controller is set, or why the one that is shows no power."""
    base = settings.resolve().redfish_url
    if not base:
        return [Missing(what=_WHAT, why="no controller is set", mend=_MEND, applies=False)]
    try:
        found = _place(base)
    except CannotHereError as error:
        return [Missing(what=_WHAT, why=str(error), mend=_MEND)]
    return [] if found else [Missing(what=_WHAT, why=f"{shown(base)} has no chassis that shows its power")]


def read(counter: Counter) -> Reading:
    """Look once.

    Raises:
        CannotHereError: the controller does not answer, or shows no power now.
    """
    url, path = counter.handle
    power_w = at_path(ask_json(url), path)
    if not isinstance(power_w, int | float):
        raise CannotHereError(f"{shown(url)} shows no power now; see `greenwright doctor`")
    return Reading(counter=counter.id, at_s=clock.now_s(), power_w=float(power_w))


def _place(base: str) -> tuple[str, tuple[str | int, ...]] | None:
    """Where power is shown: an address and a path in what it answers."""
    chassis = ask_json(f"{base.rstrip('/')}/redfish/v1/Chassis")
    for member in at_path(chassis, ("Members",)) or []:
        for name, path in _PLACES:
            url = f"{base.rstrip('/')}{member.get('@odata.id', '')}/{name}"
            if isinstance(at_path(_asked(url), path), int | float):
                return url, path
    return None


def _asked(url: str) -> Any:
    try:
        return ask_json(url)
    except CannotHereError:
        return None
