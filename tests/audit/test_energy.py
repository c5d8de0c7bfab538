"""The columns of an audit and the formulas of ``footprint`` give the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenwright.audit import energy
from greenwright.audit.engines import Engine, engine
from greenwright.audit.hardware import hardware
from greenwright.audit.whereabouts import whereabouts
from greenwright.catalogue.load import factors
from greenwright.footprint import arithmetic, carbon, water
from greenwright.footprint import energy as formulas
from greenwright.footprint.hardware import embodied_g
from greenwright.records.footprint import HardwareUse
from greenwright.records.jobs import JOB_COLUMNS, Kind
from greenwright.records.quantities import Quantity

CHIP = hardware("A100-SXM4-80GB", "")
PLACE = whereabouts("aws", "us-east-1", "")
NUMBERS = count()
share = st.floats(0, 1, allow_nan=False)
JOB = st.fixed_dictionaries(
    {
        "duration_s": st.floats(1, 1e6),
        "gpu_count": st.floats(0.1, 64),
        "cpu_count": st.floats(1, 256),
        "memory_bytes": st.floats(1e9, 1e12),
        "gpu_busy_share": share,
        "cpu_busy_share": share,
    }
)


@pytest.fixture(scope="module")
def at() -> Iterator[Engine]:
    with engine(thread_count=1) as opened:
        yield opened


def computed(at: Engine, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    types = {Kind.TEXT: "string", Kind.NUMBER: "float64", Kind.MOMENT: "timestamp"}
    blank = {one.name: "" if one.kind is Kind.TEXT else None for one in JOB_COLUMNS}
    schema = {one.name: types[one.kind] for one in JOB_COLUMNS} | {"order": "int64"}
    rows = [
        blank | {"device": "A100-SXM4-80GB", "provider": "aws", "region": "us-east-1"} | job | {"order": n}
        for n, job in enumerate(jobs)
    ]
    table = ibis.memtable(rows, schema=schema).mutate(
        machine_share=ibis.literal(1.0), hour_g_per_kwh=ibis.null("float64"), hour_saving_share=ibis.null("float64")
    )
    full = energy.with_place(energy.with_hardware(table, [CHIP]), [PLACE])
    for step in (energy.with_models, energy.with_computers, energy.with_hall):
        full = at.backend.create_view(f"{step.__name__}_{next(NUMBERS)}", step(full))
    parts, impacts = (at.backend.to_pyarrow(one).to_pylist() for one in (full, energy.with_impact(full)))
    assert [one["order"] for one in parts] == list(range(len(jobs)))
    return [one | other for one, other in zip(parts, impacts, strict=True)]


def ends(row: dict[str, Any], stem: str, unit: str) -> tuple[float, float, float]:
    return float(row[f"{stem}{unit}"]), float(row[f"{stem}_low{unit}"]), float(row[f"{stem}_high{unit}"])


def same(found: tuple[float, float, float], expected: Quantity) -> bool:
    return found == pytest.approx((expected.value, expected.low, expected.high), rel=1e-9)


def quantity(key: str) -> Quantity:
    return arithmetic.of_factor(factors("allocated_power")[key])


@settings(max_examples=2, deadline=None)
@given(st.lists(JOB, min_size=20, max_size=20))
def test_columns_give_the_numbers_of_the_formulas(at: Engine, jobs: list[dict[str, float]]) -> None:
    life = factors("allocated_power")["accelerator_life"]
    assert CHIP.embodied_g is not None
    assert PLACE.water_l_per_kwh is not None
    assert PLACE.plant_water_l_per_kwh is not None
    for job, row in zip(jobs, computed(at, jobs), strict=True):
        gpu = formulas.device_energy_j(
            formulas.power_at_load_w(CHIP.idle_w, CHIP.busy_w, job["gpu_busy_share"]), job["duration_s"], job["gpu_count"]
        )
        cpu_w = formulas.power_at_load_w(quantity("processor_idle"), quantity("processor_busy"), job["cpu_busy_share"])
        cpu = formulas.device_energy_j(cpu_w, job["duration_s"], job["cpu_count"])
        memory = arithmetic.scaled(quantity("memory_gb"), job["memory_bytes"] / 1e9 * job["duration_s"])
        it = arithmetic.total((gpu, cpu, memory))
        hall = formulas.facility_energy_j(it, PLACE.pue)
        use = HardwareUse(
            name="", used_s=job["duration_s"], lifespan_s=life.value, count=job["gpu_count"], embodied_g=CHIP.embodied_g
        )
        made = embodied_g(use)

        assert same(ends(row, "gpu", "_j"), gpu)
        assert same(ends(row, "cpu", "_j"), cpu)
        assert same(ends(row, "it", "_j"), it)
        assert same(ends(row, "hall", "_j"), hall)
        assert same(ends(row, "carbon", "_g"), carbon.carbon_g(hall, PLACE.intensity_g_per_kwh))
        assert same(ends(row, "water", "_l"), water.water_l(it, PLACE.water_l_per_kwh, PLACE.pue, PLACE.plant_water_l_per_kwh))
        assert made is not None
        assert row["embodied_g"] == pytest.approx(made.value)
        assert row["embodied_low_g"] <= made.low <= made.high <= row["embodied_high_g"]


def test_unknown_utilisation_spans_idle_to_busy(at: Engine) -> None:
    [row] = computed(at, [{"duration_s": 10.0, "gpu_count": 2.0}])

    assert row["gpu_low_j"] == CHIP.idle_w.low * 20
    assert row["gpu_high_j"] == CHIP.busy_w.high * 20
    assert row["gpu_j"] == pytest.approx((CHIP.idle_w.value + CHIP.busy_w.value) / 2 * 20)
    assert row["grade_rank"] == energy.RANKS["assumed"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("watts_per_gpu", "blind"),
    [(20.0, True), (1_000.0, False)],
    ids=["less than idle: it cannot see them", "more than half: it does"],
)
def test_a_nodes_counter_that_cannot_see_accelerators_gets_them_on_top(at: Engine, watts_per_gpu: float, blind: bool) -> None:
    node_j = watts_per_gpu * 4 * 100
    [row] = computed(at, [{"duration_s": 100.0, "gpu_count": 4.0, "node_energy_j": node_j}])

    assert row["it_j"] == pytest.approx(node_j + row["gpu_j"] if blind else node_j)


def test_what_holds_nothing_known_has_no_energy_rather_than_none(at: Engine) -> None:
    [row] = computed(at, [{"device": "", "cost": 5.0, "currency": "USD"}])

    assert row["it_j"] is None
