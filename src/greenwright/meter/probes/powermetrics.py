"""Energy of Apple silicon, from the power that macOS's ``powermetrics`` shows.

Source: https://www.unix.com/man_page/osx/1/powermetrics/ (``--samplers cpu_power``, ``-f plist``): milliwatts of CPU, GPU and
neural engine, modelled by the chip itself; needs root. Keys as asitop (https://github.com/tlkh/asitop) reads them on macOS 11 and
12, and as newer systems write them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from greenwright.errors import CannotHereError
from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.meter.programs import find_program, output_of
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade
from greenwright.units import S_PER_NS, W_PER_MW

META = Meta(
    id="powermetrics",
    title="Power of an Apple chip (powermetrics)",
    covers="CPU, GPU and neural engine of the chip",
    leaves_out="memory, screen, disks, losses of the power supply",
    grade=Grade.SAMPLED,
    update_s=1.0,
    source="https://www.unix.com/man_page/osx/1/powermetrics/",
    slow=True,
)
SAMPLE_S = 1.0
ERROR_SHARE = 0.1
"""Apple states none, and says that the values are estimates, not for comparing machines."""

_WHAT = "power of an Apple chip (powermetrics)"
_MEND = 'echo "$USER ALL=(root) NOPASSWD: /usr/bin/powermetrics" | sudo tee /etc/sudoers.d/powermetrics'
_PARTS = ("cpu", "gpu", "ane")


def find(root: Path = Path("/")) -> list[Counter]:
    """The chip, where powermetrics may be run."""
    program = find_program(root, "powermetrics")
    try:
        if program is None or _power_w(_command(program)) is None:
            return []
    except CannotHereError:
        return []
    return [
        Counter(
            id="powermetrics",
            component="cpu",
            handle=_command(program),
            covers=META.covers,
            low_ratio=1 - ERROR_SHARE,
            high_ratio=1 + ERROR_SHARE,
            source=f"powermetrics, combined power, within {ERROR_SHARE:.0%}",
            sample_s=SAMPLE_S,
        )
    ]


def missing(root: Path = Path("/")) -> list[Missing]:
    """That this is no Mac, or that we may not run powermetrics."""
    program = find_program(root, "powermetrics")
    if program is None:
        return [Missing(what=_WHAT, why="there is no powermetrics here: this is no Mac", applies=False)]
    try:
        if _power_w(_command(program)) is not None:
            return []
    except CannotHereError as error:
        return [Missing(what=_WHAT, why=f"only root may run powermetrics ({error})", mend=_MEND)]
    return [Missing(what=_WHAT, why="powermetrics shows no power: this Mac has no Apple chip")]


def read(counter: Counter) -> Reading:
    """Look once, which takes a fifth of a second.

    Raises:
        CannotHereError: powermetrics does not answer.
    """
    power_w = _power_w(counter.handle)
    if power_w is None:
        raise CannotHereError("powermetrics no longer shows power; see `greenwright doctor`")
    return Reading(counter=counter.id, at_s=clock.now_s(), power_w=power_w)


def _command(program: Path) -> list[str]:
    asked = [str(program), "--samplers", "cpu_power", "-f", "plist", "-n", "1", "-i", "200"]
    return asked if os.geteuid() == 0 else ["sudo", "-n", *asked]


def _power_w(command: list[str]) -> float | None:
    said = output_of(command)
    import plistlib  # only Macs need it
    from xml.parsers.expat import ExpatError

    try:
        shown: dict[str, Any] = plistlib.loads(said.strip(b"\0\n"))
        power_mw = _power_mw(shown["processor"], float(shown.get("elapsed_ns", 0)) * S_PER_NS)
    except (plistlib.InvalidFileException, ExpatError, KeyError, TypeError, ValueError) as error:
        raise CannotHereError(f"powermetrics answers in a form that is not known: {error}") from error
    return None if power_mw is None else power_mw * W_PER_MW


def _power_mw(chip: dict[str, Any], elapsed_s: float) -> float | None:
    """Milliwatts; macOS 12 and older show the millijoules of the sample."""
    if "combined_power" in chip:
        return float(chip["combined_power"])
    powers_mw = [float(chip[f"{part}_power"]) for part in _PARTS if f"{part}_power" in chip]
    if powers_mw:
        return sum(powers_mw)
    energies_mj = [float(chip[f"{part}_energy"]) for part in _PARTS if f"{part}_energy" in chip]
    return sum(energies_mj) / elapsed_s if energies_mj and elapsed_s > 0 else None
