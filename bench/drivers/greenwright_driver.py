"""Drive greenwright's meter, with its journal."""

from typing import Any

from common_driver import FOLDER, main, truth


def start() -> Any:
    from greenwright import Meter
    from greenwright.meter import nvidia

    if truth()["gpus_mj"]:  # else importing NVIDIA's bindings is spared, as on any machine without its driver
        nvidia.has_driver = lambda *_: True
    meter = Meter(name="job", journal=FOLDER / "kept" / "greenwright.jsonl", interval_s=1.0)
    return meter, meter.open("job")


def stop(started: Any) -> dict[str, float]:
    meter, window = started
    result = window.close()
    meter.end()
    return totals([(part.component, part.energy_j.value) for part in result.parts])


def totals(parts: list[tuple[str, float]]) -> dict[str, float]:
    return {f"{name}_j": sum(energy_j for component, energy_j in parts if component == name) for name in ("cpu", "dram", "gpu")}


def recovered() -> dict[str, float]:
    from greenwright.meter.runs import read_runs

    (run,) = read_runs(FOLDER / "kept" / "greenwright.jsonl")
    return totals([(part.component, part.energy_j.value) for part in run.windows[-1].parts]) if run.windows else {}


if __name__ == "__main__":
    main(start, stop, recovered)
