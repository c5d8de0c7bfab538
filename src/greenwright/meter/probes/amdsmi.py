"""GPU energy from AMD's driver: its energy accumulator, and power sampled where a GPU keeps none.

The second die of a package with two (MI250) shows neither: the first shows the package. Where both are shown each look takes
both, so that every window checks one against the other: accumulators of some releases were wrong.

Source: https://rocm.docs.amd.com/projects/amdsmi/en/latest/reference/amdsmi-py-api.html (amdsmi_get_energy_count, times its
resolution in microjoules; amdsmi_get_power_info, in watts)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from greenwright.errors import CannotHereError
from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade
from greenwright.units import J_PER_UJ

META = Meta(
    id="amdsmi",
    title="AMD GPU energy accumulator, or its power",
    covers="whole GPU packages: chip, memory, regulators",
    leaves_out="CPU, memory of the host, fans of the case, losses of the power supply",
    grade=Grade.COUNTER,
    update_s=0.1,
    source="https://rocm.docs.amd.com/projects/amdsmi/en/latest/reference/amdsmi-py-api.html",
)

_WHAT = "AMD GPU energy accumulator"
_ERROR_SHARE = 0.1
"""An assumption, twice what NVIDIA states of its own: AMD's documents state no error of power."""
_POWERS = ("current_socket_power", "average_socket_power", "socket_power")


def load_library() -> Any:
    """``amdsmi``, initialised. A test puts its own in place of this function."""
    import amdsmi

    amdsmi.amdsmi_init()
    return amdsmi


def find(root: Path = Path("/")) -> list[Counter]:
    """One counter per GPU that keeps one, or shows its power."""
    return _look(root)[0]


def missing(root: Path = Path("/")) -> list[Missing]:
    """Why there is no GPU counter, or which GPUs have none."""
    return _look(root)[1]


def read(counter: Counter) -> Reading:
    """Look once.

    Raises:
        CannotHereError: the driver no longer answers for this GPU.
    """
    library, device, has_energy, has_power = counter.handle
    energy_j = _energy_j(library, device) if has_energy else None
    power_w = _power_w(library, device) if has_power else None
    if energy_j is None and power_w is None:
        raise CannotHereError(f"{counter.id} no longer answers; see `amd-smi monitor`, then measure again")
    return Reading(counter=counter.id, at_s=clock.now_s(), energy_j=energy_j, power_w=power_w)


def _look(root: Path) -> tuple[list[Counter], list[Missing]]:
    if not (root / "dev/kfd").exists():
        return [], [Missing(what=_WHAT, why="no AMD GPU driver is loaded here (no /dev/kfd)", applies=False)]
    try:
        library = load_library()
    except ImportError:
        mend = "pip install /opt/rocm/share/amd_smi   # comes with ROCm"
        return [], [Missing(what=_WHAT, why="amdsmi is not installed", mend=mend)]
    except Exception as error:  # noqa: BLE001 - its errors live in the library that did not load
        return [], [Missing(what=_WHAT, why=f"AMD SMI does not start: {error}", mend="amd-smi list   # shows the same fault")]
    found: list[Counter] = []
    absent: list[Missing] = []
    for index, device in enumerate(library.amdsmi_get_processor_handles()):
        energy_j, power_w = _energy_j(library, device), _power_w(library, device)
        if energy_j or power_w is not None:
            found.append(_counter(library, device, index, has_energy=bool(energy_j), has_power=power_w is not None))
        if not energy_j:
            absent.append(_absent(index, has_power=power_w is not None))
    return found, absent


def _absent(index: int, *, has_power: bool) -> Missing:
    why = f"GPU {index} shows neither joules nor watts: the second die of a package, or a virtual machine's"
    if has_power:
        why = f"GPU {index} keeps no energy accumulator; its power is sampled in its place"
    return Missing(what=_WHAT, why=why)


def _counter(library: Any, device: Any, index: int, *, has_energy: bool, has_power: bool) -> Counter:
    name = library.amdsmi_get_gpu_asic_info(device)["market_name"]
    error_share = 0.0 if has_energy else _ERROR_SHARE
    shown, doubt = "energy accumulator", ""
    if not has_energy:
        shown, doubt = "power, sampled,", f", within an assumed {_ERROR_SHARE:.0%}: AMD states no error"
    return Counter(
        id=f"amdsmi:{index}",
        component="gpu",
        device=str(library.amdsmi_get_gpu_device_bdf(device)).lower(),
        handle=(library, device, has_energy, has_power),
        covers=f"whole package of GPU {index}, {name}",
        low_ratio=1 - error_share,
        high_ratio=1 + error_share,
        source=f"AMD SMI {shown} of {name}{doubt}",
        grade=None if has_energy else Grade.SAMPLED,
        sample_s=None if has_energy else META.update_s,
    )


def _energy_j(library: Any, device: Any) -> float | None:
    try:
        count = library.amdsmi_get_energy_count(device)
    except library.AmdSmiException:
        return None
    steps = count.get("energy_accumulator", count.get("power"))  # "power" until ROCm 6.2
    return float(steps * count["counter_resolution"]) * J_PER_UJ


def _power_w(library: Any, device: Any) -> float | None:
    try:
        shown = library.amdsmi_get_power_info(device)
    except library.AmdSmiException:
        return None
    known = (shown.get(name) for name in _POWERS)
    return next((float(power) for power in known if isinstance(power, int | float) and power > 0), None)
