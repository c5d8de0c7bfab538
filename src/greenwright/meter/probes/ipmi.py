"""Energy of the whole machine from its management controller, asked through the kernel's IPMI device.

Source: https://github.com/ipmitool/ipmitool (``ipmitool dcmi power reading``); Intel, Data Center Manageability Interface
Specification 1.5, section 6.6.1 (Get Power Reading)
"""

from __future__ import annotations

import re
from pathlib import Path

from greenwright.errors import CannotHereError
from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.meter.programs import find_program, output_of
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade

META = Meta(
    id="ipmi",
    title="Power of the machine's supplies, from its management controller (IPMI DCMI)",
    covers="the whole machine at its power supplies",
    leaves_out="cooling of the room; what happens faster than the controller looks",
    grade=Grade.SAMPLED,
    update_s=2.0,
    source="https://github.com/ipmitool/ipmitool",
    slow=True,
)
SAMPLE_S = 2.0
ERROR_SHARE = 0.05
"""Supplies state 1 to 5 % of what they draw under load; readings are whole watts."""

_WHAT = "power from the management controller (IPMI)"
_DEVICES = ("dev/ipmi0", "dev/ipmi/0", "dev/ipmidev/0")
_READING = re.compile(rb"Instantaneous power reading:\s*(\d+)\s*Watts")


def find(root: Path = Path("/")) -> list[Counter]:
    """The whole machine, where its controller measures it. Coarse: finer counters of devices go before it."""
    program = _program(root)
    try:
        if program is None or _power_w(program) <= 0:
            return []
    except CannotHereError:
        return []
    return [
        Counter(
            id="ipmi",
            component="node",
            handle=program,
            covers=META.covers,
            low_ratio=1 - ERROR_SHARE,
            high_ratio=1 + ERROR_SHARE,
            source=f"ipmitool dcmi power reading, within {ERROR_SHARE:.0%}",
            sample_s=SAMPLE_S,
            coarse=True,
        )
    ]


def missing(root: Path = Path("/")) -> list[Missing]:
    """That there is no controller, no program to ask it, or why it does not answer."""
    if not _has_device(root):
        why = "the kernel shows no management controller (no /dev/ipmi0)"
        return [Missing(what=_WHAT, why=why, mend="sudo modprobe ipmi_devintf ipmi_si", applies=False)]
    program = _program(root)
    if program is None:
        return [Missing(what=_WHAT, why="ipmitool is not installed", mend="sudo apt install ipmitool")]
    try:
        power_w = _power_w(program)
    except CannotHereError as error:
        return [Missing(what=_WHAT, why=str(error), mend="sudo chmod a+rw /dev/ipmi0   # until the next start")]
    return [] if power_w > 0 else [Missing(what=_WHAT, why="the controller answers 0 W: it does not measure power")]


def read(counter: Counter) -> Reading:
    """Look once.

    Raises:
        CannotHereError: the controller does not answer.
    """
    power_w = _power_w(counter.handle)
    return Reading(counter=counter.id, at_s=clock.now_s(), power_w=power_w)


def _has_device(root: Path) -> bool:
    return any((root / device).exists() for device in _DEVICES)


def _program(root: Path) -> Path | None:
    return find_program(root, "ipmitool") if _has_device(root) else None


def _power_w(program: Path) -> float:
    said = output_of([program, "dcmi", "power", "reading"])
    match = _READING.search(said)
    if match is None:
        raise CannotHereError("ipmitool answers without a power reading: this controller has no DCMI power management")
    return float(match[1])
