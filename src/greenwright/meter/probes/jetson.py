"""Energy of a Jetson module, from the power monitors on its supply rails.

Where one rail feeds the whole module it is read; elsewhere the rails that together feed it are added up at each look.

Source: https://docs.nvidia.com/jetson/archives/r36.3/DeveloperGuide/SD/PlatformPowerAndPerformance.html (rails and monitors);
https://docs.kernel.org/hwmon/ina3221.html (millivolts, milliamperes)
"""

from __future__ import annotations

from pathlib import Path

from greenwright.errors import CannotHereError
from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade
from greenwright.units import W_PER_MW, W_PER_UW

META = Meta(
    id="jetson",
    title="Power monitors of a Jetson module (INA3221)",
    covers="the module: CPU, GPU, memory, regulators",
    leaves_out="the carrier board where a module has a rail of its own, and losses of the power supply",
    grade=Grade.SAMPLED,
    update_s=0.1,
    source="https://docs.nvidia.com/jetson/archives/r36.3/DeveloperGuide/SD/PlatformPowerAndPerformance.html",
)
ERROR_SHARE = 0.05
"""What NVIDIA states for its modules' monitors."""

_WHOLE = ("VDD_IN", "POM_5V_IN")
_RAILS = (
    *("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDDQ_VDD2_1V8AO"),  # AGX Orin
    *("GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"),  # AGX Xavier
)
_WHAT = "power monitors of a Jetson module"
_Rail = tuple[Path, ...]
"""Two files, millivolts and milliamperes; or one, milliwatts."""


def find(root: Path = Path("/")) -> list[Counter]:
    """The module, where its monitors can be read."""
    rails = _rails(root)
    whole = next((name for name in _WHOLE if name in rails), None)
    used = {whole: rails[whole]} if whole else {name: rail for name, rail in rails.items() if name in _RAILS}
    if not used:
        return []
    try:
        _power_w(tuple(used.values()))
    except CannotHereError:
        return []
    return [
        Counter(
            id="jetson",
            component="node",
            handle=tuple(used.values()),
            covers=f"the Jetson module, rail{'s' if len(used) > 1 else ''} {', '.join(used)}",
            low_ratio=1 - ERROR_SHARE,
            high_ratio=1 + ERROR_SHARE,
            source=f"INA3221 power monitor, {', '.join(used)}, within {ERROR_SHARE:.0%}",
            sample_s=META.update_s,
        )
    ]


def missing(root: Path = Path("/")) -> list[Missing]:
    """That this is no Jetson, or that its monitors cannot be read."""
    if find(root):
        return []
    is_jetson = "jetson" in _read(root / "proc/device-tree/model").lower()
    if not is_jetson:
        return [Missing(what=_WHAT, why="this is no Jetson", applies=False)]
    mend = "sudo chmod a+r /sys/bus/i2c/drivers/ina3221*/*/hwmon/hwmon*/*_input"
    return [Missing(what=_WHAT, why="no rail of the INA3221 monitors can be read", mend=mend)]


def read(counter: Counter) -> Reading:
    """Look once, at every rail.

    Raises:
        CannotHereError: a monitor can no longer be read.
    """
    power_w = _power_w(counter.handle)
    return Reading(counter=counter.id, at_s=clock.now_s(), power_w=power_w)


def _rails(root: Path) -> dict[str, _Rail]:
    """By the rail's name."""
    found: dict[str, _Rail] = {}
    for folder in sorted((root / "sys/class/hwmon").glob("hwmon*")):
        if _read(folder / "name") == "ina3221":
            for label in sorted(folder.glob("in[1-3]_label")):
                number = label.name[2]
                found[_read(label)] = (folder / f"in{number}_input", folder / f"curr{number}_input")
    for label in sorted((root / "sys/bus/i2c/drivers/ina3221x").glob("*/iio:device*/rail_name_*")):  # JetPack 4
        found[_read(label)] = (label.with_name(f"in_power{label.name[-1]}_input"),)
    return found


def _power_w(rails: tuple[_Rail, ...]) -> float:
    try:
        return sum(_rail_w([int(file.read_text()) for file in rail]) for rail in rails)
    except (OSError, ValueError) as error:
        raise CannotHereError(f"a power monitor cannot be read any more ({error}); see `greenwright doctor`") from error


def _rail_w(shown: list[int]) -> float:
    return shown[0] * shown[1] * W_PER_UW if len(shown) > 1 else shown[0] * W_PER_MW  # mV x mA are microwatts


def _read(file: Path) -> str:
    try:
        return file.read_text().strip("\0\n ")
    except OSError:
        return ""
