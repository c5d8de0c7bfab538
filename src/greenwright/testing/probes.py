"""What every probe must pass, and fake machines with a known truth to pass it on.

A plugin's test inherits the contract and says what a fake machine of its kind is::

    class TestMyProbe(ProbeContract):
        probe = my_probe

        def machine(self, tmp_path, monkeypatch):
            return MyFakeMachine(tmp_path)
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.meter.tally import gained_j
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade

if TYPE_CHECKING:
    from greenwright.meter.contract import Probe

COMPONENTS = {"cpu", "dram", "gpu", "node"}


class FakeMachine(Protocol):
    """A machine whose energy is known."""

    root: Path

    def run(self, duration_s: float) -> float:
        """Let time pass; return the joules that the counters, taken together, should have gained."""


class ProbeContract:
    """Inherit, set ``probe``, and say what ``machine`` is; pytest runs the rest."""

    probe: Any
    """The module."""

    def machine(self, tmp_path: Path, monkeypatch: Any) -> FakeMachine:
        """A machine with at least one counter of this kind."""
        raise NotImplementedError

    def test_its_facts_are_complete(self) -> None:
        """``META`` says what is covered, what is not, how well and on whose word."""
        meta = self.probe.META

        assert all([meta.id, meta.title, meta.covers, meta.leaves_out, meta.source])
        assert meta.grade in Grade
        assert meta.update_s > 0

    def test_it_finds_counters_that_can_be_told_apart(self, tmp_path: Path, monkeypatch: Any) -> None:
        """No counter is found twice, and none would be added to another of its device."""
        counters = _probe(self).find(self.machine(tmp_path, monkeypatch).root)

        assert counters
        assert len({counter.id for counter in counters}) == len(counters)
        assert len({(counter.component, counter.device) for counter in counters}) == len(counters)
        assert {counter.component for counter in counters} <= COMPONENTS
        assert all(counter.covers and counter.source for counter in counters)
        assert all(0 < counter.low_ratio <= 1 <= counter.high_ratio for counter in counters)

    def test_it_reports_the_true_joules(self, tmp_path: Path, monkeypatch: Any) -> None:
        """Readings before and after differ by what was spent, in joules."""
        machine = self.machine(tmp_path, monkeypatch)
        counters = _probe(self).find(machine.root)
        before = [_probe(self).read(counter) for counter in counters]
        truth_j = machine.run(7.0)
        after = [_probe(self).read(counter) for counter in counters]

        gained = math.fsum(gained_j(pair) for pair in zip(before, after, strict=True))

        assert math.isclose(gained, truth_j, rel_tol=1e-3)

    def test_its_readings_name_their_counter_and_follow_in_time(self, tmp_path: Path, monkeypatch: Any) -> None:
        """A reading can be matched with its counter and put in order."""
        counter = _probe(self).find(self.machine(tmp_path, monkeypatch).root)[0]
        first, second = _probe(self).read(counter), _probe(self).read(counter)

        assert first.counter == second.counter == counter.id
        assert first.at_s <= second.at_s

    def test_on_a_bare_machine_it_says_why_there_is_nothing(self, tmp_path: Path) -> None:
        """Nothing is found, and nobody has to guess why; a fallback is always there."""
        bare = tmp_path / "bare"
        bare.mkdir()
        counters, missing = _probe(self).find(bare), _probe(self).missing(bare)

        assert self.probe.META.fallback or not counters
        assert missing
        assert all(one.what and one.why for one in missing)


def _probe(contract: ProbeContract) -> Probe:
    probe: Probe = contract.probe
    return probe


class FakePowercap:
    """A folder that looks like Linux powercap: ``add`` zones, let time pass with ``run``."""

    def __init__(self, tmp_path: Path, wrap_uj: int = 262_143_328_850) -> None:
        self.root = tmp_path / "machine"
        self.wrap_uj = wrap_uj
        self.load_ratio = 1.0
        self.broken = False
        """The files cannot be read, though time passes."""
        self._energy_uj: dict[Path, int] = {}
        self._power_w: dict[Path, float] = {}
        self._true: set[Path] = set()
        self._folder.mkdir(parents=True, exist_ok=True)

    @property
    def _folder(self) -> Path:
        return self.root / "sys/class/powercap"

    def add(self, zone: str, name: str, power_w: float, *, start_uj: int = 1_000, counts: bool = True) -> Path:
        """A zone such as ``intel-rapl:0`` called ``package-0``; ``counts`` is whether its joules belong in a total."""
        path = self._folder / zone
        path.mkdir()
        (path / "name").write_text(f"{name}\n")
        (path / "max_energy_range_uj").write_text(f"{self.wrap_uj}\n")
        self._energy_uj[path] = start_uj
        self._power_w[path] = power_w
        self._write(path)
        if counts:
            self._true.add(path)
        return path

    def server(self) -> FakePowercap:
        """Two packages with memory, and every zone that must not be added to them."""
        for number, start_uj in enumerate((5_000_000, 262_143_000_000)):
            package = f"intel-rapl:{number}"
            self.add(package, f"package-{number}", 100.0 + number, start_uj=start_uj)
            self.add(f"{package}:0", "core", 80.0, start_uj=start_uj + 1, counts=False)
            self.add(f"{package}:1", "dram", 20.0 + number, start_uj=start_uj + 2)
            self.add(f"intel-rapl-mmio:{number}", f"package-{number}", 100.0, start_uj=start_uj, counts=False)
        self.add("intel-rapl:2", "psys", 300.0, start_uj=9, counts=False)
        return self

    def run(self, duration_s: float) -> float:
        """Let time pass at each zone's power, wrapping; return the joules that belong in a total."""
        for path, power_w in self._power_w.items():
            gained_uj = round(power_w * self.load_ratio * duration_s * 1e6)
            self._energy_uj[path] = (self._energy_uj[path] + gained_uj) % self.wrap_uj
            self._write(path)
        return math.fsum(self._power_w[path] for path in self._true) * self.load_ratio * duration_s

    def reset(self) -> None:
        """As when the module is loaded again."""
        for path in self._energy_uj:
            self._energy_uj[path] = 0
            self._write(path)

    def _write(self, path: Path) -> None:
        (path / "energy_uj").write_text("" if self.broken else f"{self._energy_uj[path]}\n")  # in place, as files of the kernel

    def lock(self, monkeypatch: Any) -> None:
        """From now on only root may read, and we are not root; also where the tests are."""
        opening = os.open

        def refuse(path: Any, *given: Any, **named: Any) -> int:
            if str(path).endswith("energy_uj"):
                raise PermissionError(13, "Permission denied", str(path))
            return opening(path, *given, **named)

        monkeypatch.setattr(os, "open", refuse)


class FakeNvml:
    """What we use of ``pynvml``, over GPUs whose power is known.

    Args:
        tmp_path: Where the machine's files go.
        powers_w: The power of each GPU; None is a GPU that shows neither joules nor watts.
        has_energy: Whether GPUs keep an energy counter.
        has_power: Whether they show their power.
        mig: Whether multi-instance GPU is on.
    """

    NVML_ERROR_NOT_SUPPORTED = 3
    NVML_ERROR_NO_PERMISSION = 4
    NVML_ERROR_GPU_IS_LOST = 15

    class NVMLError(Exception):
        """As in pynvml: an error with its code."""

        def __init__(self, value: int) -> None:
            super().__init__({3: "Not Supported", 4: "Insufficient Permissions", 15: "GPU is lost"}.get(value, "Unknown Error"))
            self.value = value

    def __init__(
        self,
        tmp_path: Path,
        powers_w: tuple[float | None, ...] = (300.0,),
        *,
        has_energy: bool = True,
        has_power: bool = True,
        mig: bool = False,
    ) -> None:
        self.root = tmp_path / "machine"
        (self.root / "dev").mkdir(parents=True, exist_ok=True)
        (self.root / "dev/nvidiactl").touch()
        self.powers_w = powers_w
        self.has_energy, self.has_power, self.mig = has_energy, has_power, mig
        self.energies_mj = [123_456_789.0 + index for index in range(len(powers_w))]
        self.work: dict[int, dict[int, int]] = {}
        """Percent of each GPU's multiprocessors, by process; a GPU that is not here does not say."""
        self.limits_mw = [700_000 for _ in powers_w]
        self.load_ratio = 1.0
        self.lost = False
        self.allows_setting = True

    def run(self, duration_s: float) -> float:
        """Let time pass; return the joules of the GPUs that count."""
        counted_w = [(power_w or 0.0) * self.load_ratio for power_w in self.powers_w]
        self.energies_mj = [
            energy_mj + power_w * duration_s * 1e3 for energy_mj, power_w in zip(self.energies_mj, counted_w, strict=True)
        ]
        return math.fsum(counted_w) * duration_s

    def reset(self) -> None:
        """As when the driver is reloaded."""
        self.energies_mj = [0 for _ in self.energies_mj]

    def _answer(self, supported: object) -> None:
        if self.lost:
            raise self.NVMLError(self.NVML_ERROR_GPU_IS_LOST)
        if not supported:
            raise self.NVMLError(self.NVML_ERROR_NOT_SUPPORTED)

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802 - pynvml's name
        """How many GPUs there are."""
        return len(self.powers_w)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802 - pynvml's name
        """A handle: here, the index."""
        return index

    def nvmlDeviceGetUUID(self, handle: int) -> str:  # noqa: N802 - pynvml's name
        """As the driver spells it."""
        return f"GPU-{handle:08d}-fake"

    def nvmlDeviceGetName(self, handle: int) -> bytes:  # noqa: N802 - as pynvml has it
        """In bytes, as older releases of pynvml answer."""
        return b"NVIDIA H100 80GB HBM3"

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> int:  # noqa: N802 - pynvml's name
        """Millijoules since the driver was loaded."""
        self._answer(self.has_energy and self.powers_w[handle] is not None)
        return round(self.energies_mj[handle])

    def nvmlDeviceGetPowerUsage(self, handle: int) -> int:  # noqa: N802 - pynvml's name
        """Milliwatts."""
        power_w = self.powers_w[handle]
        self._answer(self.has_power and power_w is not None)
        return round((power_w or 0.0) * self.load_ratio * 1e3)

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> SimpleNamespace:  # noqa: N802 - pynvml's name
        """Percent of time in which kernels ran: here, as the model of last resort would have it of an H100 of this power."""
        self._answer(supported=True)
        busy_share = ((self.powers_w[handle] or 0.0) * self.load_ratio / 700 - 0.12) / 0.58
        return SimpleNamespace(gpu=max(0.0, min(100.0, 100 * busy_share)), memory=0)

    def nvmlDeviceGetProcessUtilization(self, handle: int, since_us: int) -> list[SimpleNamespace]:  # noqa: N802 - pynvml's name
        """Samples since a time."""
        self._answer(handle in self.work)
        return [SimpleNamespace(pid=pid, smUtil=percent, timeStamp=since_us) for pid, percent in self.work[handle].items()]

    def nvmlDeviceGetMigMode(self, handle: int) -> tuple[int, int]:  # noqa: N802 - pynvml's name
        """Now, and after the next reset."""
        self._answer(supported=True)
        return (int(self.mig), int(self.mig))

    def nvmlDeviceGetPowerManagementLimit(self, handle: int) -> int:  # noqa: N802 - pynvml's name
        """Milliwatts."""
        self._answer(supported=True)
        return self.limits_mw[handle]

    def nvmlDeviceGetPowerManagementLimitConstraints(self, handle: int) -> tuple[int, int]:  # noqa: N802 - pynvml's name
        """Milliwatts, least and most."""
        self._answer(supported=True)
        return (200_000, 700_000)

    def nvmlDeviceSetPowerManagementLimit(self, handle: int, limit_mw: int) -> None:  # noqa: N802 - pynvml's name
        """Needs root, as the real one does."""
        self._answer(supported=True)
        if not self.allows_setting:
            raise self.NVMLError(self.NVML_ERROR_NO_PERMISSION)
        self.limits_mw[handle] = limit_mw


class FakeProbe:
    """A probe of one counter, whose time and joules the test turns by hand: only in ``work`` do they move.

    Give it to ``Meter(probes=[fake])``; half of the time that passes is CPU time.
    """

    def __init__(self, monkeypatch: Any) -> None:
        self.META = Meta(
            id="fake",
            title="A counter turned by hand",
            covers="all",
            leaves_out="nothing",
            grade=Grade.COUNTER,
            update_s=0.001,
            source="a test",
        )
        self.low_ratio = 1.0
        self.high_ratio = 1.0
        self.wrap_j: float | None = None
        self.now_s = 0.0
        self.energy_j = 0.0
        monkeypatch.setattr(clock, "now_s", lambda: self.now_s)
        monkeypatch.setattr(clock, "cpu_s", lambda: self.now_s / 2)

    def work(self, duration_s: float, energy_j: float) -> None:
        """Let time pass and joules flow."""
        self.now_s += duration_s
        self.energy_j += energy_j

    def find(self, root: Path = Path("/")) -> list[Counter]:
        """The one counter."""
        return [
            Counter(
                id="fake",
                component="cpu",
                handle=None,
                covers="all",
                low_ratio=self.low_ratio,
                high_ratio=self.high_ratio,
                source="fake source",
            )
        ]

    def missing(self, root: Path = Path("/")) -> list[Missing]:
        """Nothing."""
        return []

    def read(self, counter: Counter) -> Reading:
        """Look once."""
        energy_j = self.energy_j % self.wrap_j if self.wrap_j else self.energy_j
        return Reading(counter=counter.id, energy_j=energy_j, at_s=self.now_s, wrap_j=self.wrap_j)
