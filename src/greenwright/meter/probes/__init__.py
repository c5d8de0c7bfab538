"""What can be read: one file per kind of counter. Hardware first; then models, used where nothing else covers a part."""

from __future__ import annotations

_FOLDER = "greenwright.meter.probes"
MEMBERS = {
    name: f"{_FOLDER}.{name}"
    for name in (
        "wall_meter",
        "redfish",
        "rapl",
        "nvml",
        "amdsmi",
        "jetson",
        "powermetrics",
        "hwmon",
        "ipmi",
        "gpu_utilisation",
        "cgroup",
        "cpu_time",
        "dram_size",
    )
}
