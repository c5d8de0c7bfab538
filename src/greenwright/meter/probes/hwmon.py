"""Energy and power that drivers show as Linux hwmon files: AMD and Intel GPUs, AMD and Grace CPUs, meters on the board.

Only drivers whose files are known to cover a whole part are read: a rail of something that is already counted would be added to
it. ``energyN_input`` are microjoules; ``powerN_average`` and ``powerN_input`` microwatts, which are sampled.

Source: https://docs.kernel.org/hwmon/sysfs-interface.html; https://docs.kernel.org/gpu/amdgpu/thermal.html;
https://docs.kernel.org/hwmon/acpi_power_meter.html; https://docs.nvidia.com/grace-perf-tuning-guide/power-thermals.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from greenwright.errors import CannotHereError
from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.meter.files import KeptOpen
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade
from greenwright.units import J_PER_UJ, W_PER_UW

META = Meta(
    id="hwmon",
    title="Energy and power that drivers show (hwmon)",
    covers="the part that each driver names: a GPU, a CPU socket, or the whole board",
    leaves_out="parts whose drivers show nothing, and losses of the power supply",
    grade=Grade.COUNTER,
    update_s=0.1,
    source="https://docs.kernel.org/hwmon/sysfs-interface.html",
)
ERROR_SHARE = 0.05
"""ACPI meters and GPU firmware state 2 to 5 %, where they state anything."""

_WHAT = "energy or power that a driver shows (hwmon)"
_SOCKET = re.compile(r"(?:Esocket|(?:Grace|CPU) Power Socket )(\d+)")


def find(root: Path = Path("/")) -> list[Counter]:
    """One counter per part that a known driver covers, and that can be read now."""
    return [counter for counter in _counters(root) if _is_readable(counter)]


def missing(root: Path = Path("/")) -> list[Missing]:
    """Files of known drivers that cannot be read; or that there are none."""
    known = list(_counters(root))
    if not known:
        return [Missing(what=_WHAT, why="no driver here shows the power of a whole part", applies=False)]
    refused = [counter for counter in known if not _is_readable(counter)]
    return [
        Missing(
            what=f"{_WHAT}, {counter.id}",
            why=f"{counter.handle} cannot be read",
            mend=f"sudo chmod a+r {counter.handle}   # until the next start",
        )
        for counter in refused
    ]


def read(counter: Counter) -> Reading:
    """Look once.

    Raises:
        CannotHereError: the file can no longer be read.
    """
    file: KeptOpen = counter.handle
    try:
        shown = file.integer()
    except (OSError, ValueError) as error:
        raise CannotHereError(f"{file} cannot be read any more ({error}); see `greenwright doctor`") from error
    if counter.sample_s is None:
        return Reading(counter=counter.id, at_s=clock.now_s(), energy_j=shown * J_PER_UJ)
    return Reading(counter=counter.id, at_s=clock.now_s(), power_w=shown * W_PER_UW)


def _is_readable(counter: Counter) -> bool:
    try:
        read(counter)
    except CannotHereError:
        return False
    return True


def _counters(root: Path) -> Iterator[Counter]:
    for folder in sorted((root / "sys/class/hwmon").glob("hwmon*")):
        driver = _read(folder / "name")
        if driver == "amd_energy":
            yield from _amd_sockets(folder)
        elif driver in ("i915", "xe"):
            yield from _intel_gpu(folder, driver)
        elif driver == "amdgpu":
            yield from _amd_gpu(folder)
        elif driver == "power_meter":
            yield from _acpi(folder)
        elif driver in ("corsairpsu", "macsmc_hwmon"):
            yield from _whole_board(folder, driver)


def _amd_sockets(folder: Path) -> Iterator[Counter]:
    """``Esocket0`` and so on; the cores beside them lie inside."""
    for label in sorted(folder.glob("energy*_label")):
        if match := _SOCKET.fullmatch(_read(label)):
            file = label.with_name(label.name.replace("label", "input"))
            yield _counter(file, "cpu", f"package-{match[1]}", f"all processes on CPU socket {match[1]}", "amd_energy")


def _intel_gpu(folder: Path, driver: str) -> Iterator[Counter]:
    """The card where the driver tells it apart, else the only energy it shows."""
    labels = {_read(label): label.with_name(label.name.replace("label", "input")) for label in folder.glob("energy*_label")}
    file = labels.get("card") or labels.get("pkg") or folder / "energy1_input"
    if file.exists():
        yield _counter(file, "gpu", _pci(folder), f"Intel GPU at {_pci(folder)}", driver)


def _amd_gpu(folder: Path) -> Iterator[Counter]:
    """A card of its own has a power limit; a processor's graphics have none, and show the power of the processor."""
    files = [file for name in ("power1_average", "power1_input") if (file := folder / name).exists()]
    if files and (folder / "power1_cap").exists():
        yield _counter(files[0], "gpu", _pci(folder), f"AMD GPU at {_pci(folder)}", "amdgpu")


def _acpi(folder: Path) -> Iterator[Counter]:
    """A meter of the whole machine; on NVIDIA Grace one of several, named: the one of the socket with its memory counts."""
    file, name = folder / "power1_average", _read(folder / "power1_oem_info") or _read(folder / "device/power1_oem_info")
    if not file.exists():
        return
    if not name:
        yield _counter(file, "node", "", "the whole machine, as its ACPI power meter has it", "power_meter", coarse=True)
    elif name.startswith("Grace Power") and (match := _SOCKET.fullmatch(name)):
        yield _counter(file, "cpu", f"package-{match[1]}", f"Grace socket {match[1]} with its memory", "power_meter")


def _whole_board(folder: Path, driver: str) -> Iterator[Counter]:
    """A supply that measures what it gives, or a Mac's total: the power whose label says so."""
    for label in sorted(folder.glob("power*_label")):
        if _read(label).lower() in ("power total", "total system power"):
            file = label.with_name(label.name.replace("label", "input"))
            yield _counter(file, "node", "", "the whole machine, behind its power supply", driver)


def _counter(  # noqa: PLR0913 - what a counter is
    file: Path, component: str, device: str, covers: str, driver: str, *, coarse: bool = False
) -> Counter:
    is_power = file.name.startswith("power")
    error_share = ERROR_SHARE if is_power else 0.0
    return Counter(
        id=f"hwmon:{file.parent.name}:{file.name.partition('_')[0]}",
        component=component,
        device=device,
        handle=KeptOpen(file),
        covers=covers,
        low_ratio=1 - error_share,
        high_ratio=1 + error_share,
        source=f"{driver}, {file.name}" + (f", sampled, within {error_share:.0%}" if is_power else ""),
        grade=Grade.SAMPLED if is_power else None,
        sample_s=META.update_s if is_power else None,
        coarse=coarse,
    )


def _pci(folder: Path) -> str:
    """The place on the PCI bus that ``device`` leads to."""
    return (folder / "device").resolve().name.lower()


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
