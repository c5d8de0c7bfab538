"""What we use of ``amdsmi``, over GPUs whose power is known."""

from __future__ import annotations

import math
from pathlib import Path

RESOLUTION_UJ = 15.259
"""Microjoules a step of the accumulator, on MI200 and MI300."""


class FakeAmdSmi:
    """AMD's management library, and a machine with its driver. ``None`` in ``powers_w`` is the second die of a package."""

    class AmdSmiException(Exception):  # noqa: N818 - amdsmi's name
        """As in amdsmi."""

    def __init__(self, tmp_path: Path, powers_w: tuple[float | None, ...] = (500.0,), *, has_energy: bool = True) -> None:
        self.root = tmp_path / "machine"
        (self.root / "dev").mkdir(parents=True, exist_ok=True)
        (self.root / "dev/kfd").touch()
        self.powers_w = powers_w
        self.has_energy = has_energy
        self.energies_j = [1e5 + index for index in range(len(powers_w))]
        self.load_ratio = 1.0
        self.lost = False

    def run(self, duration_s: float) -> float:
        """Let time pass; return the joules of the GPUs that count."""
        counted_w = [(power_w or 0.0) * self.load_ratio for power_w in self.powers_w]
        self.energies_j = [
            energy_j + power_w * duration_s for energy_j, power_w in zip(self.energies_j, counted_w, strict=True)
        ]
        return math.fsum(counted_w) * duration_s

    def reset(self) -> None:
        """As when the driver is reloaded."""
        self.energies_j = [0.0 for _ in self.energies_j]

    def _answer(self, supported: object) -> None:
        if self.lost:
            raise self.AmdSmiException("AMDSMI_STATUS_NO_DATA")
        if not supported:
            raise self.AmdSmiException("AMDSMI_STATUS_NOT_SUPPORTED")

    def amdsmi_get_processor_handles(self) -> list[int]:
        """One per GPU: here, its index."""
        return list(range(len(self.powers_w)))

    def amdsmi_get_gpu_device_uuid(self, handle: int) -> str:
        """As the driver spells it."""
        return f"{handle:02x}ff74a1-0000-1000-80b1-fake"

    def amdsmi_get_gpu_device_bdf(self, handle: int) -> str:
        """Its place on the PCI bus."""
        return f"0000:{handle + 3:02x}:00.0"

    def amdsmi_get_gpu_asic_info(self, handle: int) -> dict[str, str]:
        """What it is called."""
        return {"market_name": "AMD Instinct MI300X"}

    def amdsmi_get_energy_count(self, handle: int) -> dict[str, float]:
        """The accumulator, in steps of ``counter_resolution`` microjoules."""
        self._answer(self.has_energy)
        steps = 0 if self.powers_w[handle] is None else round(self.energies_j[handle] * 1e6 / RESOLUTION_UJ)
        return {"energy_accumulator": steps, "counter_resolution": RESOLUTION_UJ, "timestamp": 0}

    def amdsmi_get_power_info(self, handle: int) -> dict[str, float | str]:
        """Watts; "N/A" for what this model does not show."""
        self._answer(supported=True)
        power_w = self.powers_w[handle]
        return {
            "current_socket_power": "N/A" if power_w is None else power_w * self.load_ratio,
            "average_socket_power": "N/A",
            "power_limit": 750,
        }
