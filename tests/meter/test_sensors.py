"""Which counters are used together, and which are left out so that no joule counts twice."""

from __future__ import annotations

from pathlib import Path

from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.meter.probes import cpu_time, rapl
from greenwright.meter.sensors import built_in, choose, sensors
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade
from greenwright.testing.probes import FakePowercap


class OneCounter:
    """A probe with one counter of a component."""

    def __init__(self, name: str, component: str, device: str = "", *, fallback: bool = False) -> None:
        self.META = Meta(
            id=name, title=name, covers="", leaves_out="", grade=Grade.COUNTER, update_s=0.1, source="", fallback=fallback
        )
        self._counter = Counter(id=name, component=component, device=device, handle=None, covers="")

    def find(self, root: Path = Path("/")) -> list[Counter]:
        return [self._counter]

    def missing(self, root: Path = Path("/")) -> list[Missing]:
        return []

    def read(self, counter: Counter) -> Reading:
        return Reading(counter=counter.id, energy_j=0.0, at_s=0.0)


def used(*probes: OneCounter) -> list[str]:
    found, _ = sensors(Path("/"), probes)
    return [source.counter.id for source in found if source.in_use]


def test_the_model_is_used_only_where_no_hardware_counts_the_cpu(tmp_path: Path) -> None:
    bare, _ = sensors(tmp_path, [cpu_time, rapl])
    server, _ = sensors(FakePowercap(tmp_path).server().root, [cpu_time, rapl])

    assert ["cpu_time"] == [source.counter.id for source in bare if source.in_use]
    assert ["cpu_time"] == [source.counter.id for source in server if not source.in_use]


def test_a_gpu_counter_and_the_cpu_model_add_up() -> None:
    assert ["model", "gpu"] == used(OneCounter("model", "cpu", fallback=True), OneCounter("gpu", "gpu", "GPU-1"))


def test_two_counters_of_one_device_are_never_both_used() -> None:
    probes = [OneCounter("a", "gpu", "GPU-1"), OneCounter("b", "gpu", "GPU-1"), OneCounter("c", "gpu", "GPU-2")]

    assert ["a", "c"] == used(*probes)


def test_a_counter_of_all_gpus_holds_each_of_them() -> None:
    assert ["all"] == used(OneCounter("all", "gpu"), OneCounter("one", "gpu", "GPU-1"))


def test_a_counter_of_the_whole_node_is_used_alone() -> None:
    assert ["node"] == used(OneCounter("cpu", "cpu"), OneCounter("node", "node"), OneCounter("gpu", "gpu"))


def test_missing_counters_come_with_reasons(tmp_path: Path) -> None:
    _, missing = sensors(tmp_path)

    assert {"CPU energy counter", "GPU energy counter", "power of this CPU"} <= {one.what for one in missing}
    assert {"CPU energy counter", "power of this CPU", "meter at the wall"} == {one.what for one in missing if one.applies}
    assert all(one.why for one in missing)


def test_the_grade_of_a_counter_goes_before_that_of_its_probe(tmp_path: Path) -> None:
    (source,) = choose(sensors(tmp_path, [cpu_time])[0])

    assert (Grade.ASSUMED, Grade.MODELLED) == (source.grade, source.meta.grade)


def test_hardware_comes_before_models() -> None:
    first = [probe.META.fallback for probe in built_in()]

    assert sorted(first) == first
