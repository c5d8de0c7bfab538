"""What can be read: one file per kind of counter. Hardware first; the last is used where nothing else covers the CPU."""

from __future__ import annotations

MEMBERS = {
    "rapl": "greenwright.meter.probes.rapl",
    "nvml": "greenwright.meter.probes.nvml",
    "cpu_time": "greenwright.meter.probes.cpu_time",
}
