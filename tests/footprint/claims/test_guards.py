"""One example of every mistake, and the same numbers put right."""

from __future__ import annotations

import pytest

from greenwright import registry
from greenwright.footprint.claims.contract import check
from greenwright.footprint.claims.reading.files import document
from greenwright.records.claims import ClaimFinding, Severity

CODECARBON = (
    "timestamp,run_id,duration,emissions,cpu_power,gpu_power,ram_power,cpu_energy,gpu_energy,ram_energy,energy_consumed,"
    "cpu_model,gpu_model,gpu_count"
)


def codecarbon(*rows: str) -> str:
    return "\n".join([CODECARBON, *rows, ""])


def findings(text: str, name: str = "report.md") -> dict[str, ClaimFinding]:
    return {one.guard: one for one in check(document(name, text))}


WRONG = {
    "energy-times-intensity": (
        "230 MWh at 0.351 kgCO2e/kWh: 101 tCO2e (facility, with PUE).",
        "230 MWh at 0.351 kgCO2e/kWh: 80.7 tCO2e.",
    ),
    "devices-times-time": (
        "16 H100 GPUs for 720 hours at 700 W, PUE of 1.2: facility energy 11.61 MWh.",
        "16 H100 GPUs for 720 hours at 700 W, PUE of 1.2: facility energy 9.68 MWh.",
    ),
    "sum-of-rows": (
        "| Model | tCO2eq |\n|---|---|\n| 7B | 31.22 |\n| 13B | 62.44 |\n| 70B | 291.42 |\n| Total | 539.00 |",
        "| Model | tCO2eq |\n|---|---|\n| 7B | 31.22 |\n| 13B | 62.44 |\n| 70B | 291.42 |\n| Total | 385.08 |",
    ),
    "implied-intensity": ("We used 12 MWh and emitted 4.8 kg CO2e.", "We used 12 MWh and emitted 4.8 t CO2e."),
    "implied-power": ("43 GWh for 1,082,880 A100 GPU hours.", "433 MWh for 1,082,880 A100 GPU hours."),
    "units-printed": ("Training took 1171 MkWh.", "Training took 1171 MWh."),
    "card-metadata": (
        "---\nco2_eq_emissions:\n  emissions: 59.99\n---\nCarbon emitted: 59.99 kg CO2eq\n",
        "---\nco2_eq_emissions:\n  emissions: 59990\n---\nCarbon emitted: 59.99 kg CO2eq\n",
    ),
    "water-times-pue": (
        "IT energy 100 MWh, PUE 1.3, WUE 0.5 L/kWh, on-site water 65,000 L.",
        "IT energy 100 MWh, PUE 1.3, WUE 0.5 L/kWh, on-site water 50,000 L.",
    ),
    "market-and-location": (
        "Location-based 2903 kg CO2e; market-based 100 kg CO2e; in all 3003 kg CO2e.",
        "Location-based 2903 kg CO2e; market-based 100 kg CO2e.",
    ),
    "offsets": (
        "Gross 100 t CO2e, offsets 40 t CO2e, net 60 t CO2e.",
        "Emitted by location: 100 t CO2e. Credits bought: 40 t CO2e, in no total.",
    ),
    "per-unit": (
        "914 kWh for 230,768 requests, 0.04 kWh per request.",
        "914 kWh for 230,768 requests, 0.00396 kWh per request.",
    ),
    "chip-counts": ("Trained on a TPU v3-8 with 8 chips.", "Trained on a TPU v3-8 with 4 chips."),
}


@pytest.mark.parametrize("guard", WRONG)
def test_the_mistake_is_found_and_its_correction_passes(guard: str) -> None:
    wrong, right = WRONG[guard]

    found = findings(wrong)
    assert guard in found
    assert found[guard].says
    assert found[guard].mend
    assert guard not in findings(right)


RECORDS = {
    "cumulative-rows": (
        codecarbon(
            "2022-01-01T00:10:00,r,600,0.1,40,200,20,0.01,0.1,0.01,0.12,x,,",
            "2022-01-01T00:20:00,r,1200,0.2,41,210,21,0.02,0.2,0.02,0.24,x,,",
        ),
        codecarbon(
            "2022-01-01T00:10:00,r,600,0.1,40,200,20,0.01,0.1,0.01,0.12,x,,",
            "2022-01-01T00:20:00,s,600,0.1,41,210,21,0.01,0.1,0.01,0.12,x,,",
        ),
    ),
    "overlapping-runs": (
        codecarbon(
            "2022-01-01T01:00:00,r,3600,0.1,40,200,20,0.01,0.1,0.01,0.12,x,,",
            "2022-01-01T01:10:00,s,3600,0.2,41,210,21,0.02,0.2,0.02,0.24,x,,",
        ),
        codecarbon(
            "2022-01-01T01:00:00,r,3600,0.1,40,200,20,0.01,0.1,0.01,0.12,x,,",
            "2022-01-01T03:10:00,s,3600,0.2,41,210,21,0.02,0.2,0.02,0.24,x,,",
        ),
    ),
    "unknown-as-zero": (
        codecarbon("2022-01-01T01:00:00,r,3600,0.1,40,0,20,0.01,0,0.01,0.02,x,A100,8"),
        codecarbon("2022-01-01T01:00:00,r,3600,0.1,40,200,20,0.01,0.2,0.01,0.22,x,A100,8"),
    ),
    "modelled-as-measured": (
        codecarbon(
            *(f"2022-01-0{day}T01:00:00,{day},3600,0.1,42.5,2{day}0,430.8,0.04,0.2,0.43,0.67,x,," for day in range(1, 6))
        ),
        codecarbon(
            *(f"2022-01-0{day}T01:00:00,{day},3600,0.1,4{day},2{day}0,43{day},0.04,0.2,0.43,0.67,x,," for day in range(1, 6))
        ),
    ),
    "scheduler-energy": (
        "JobID|AllocTRES|ElapsedRaw|ConsumedEnergyRaw\n1|cpu=8,gres/gpu=4|3600|36000\n",
        "JobID|AllocTRES|ElapsedRaw|ConsumedEnergyRaw\n1|cpu=8,gres/gpu=4|3600|4320000\n",
    ),
    "counter-readings": (
        "time,gpu,DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION\n1,0,500\n2,0,900\n3,0,20\n",
        "time,gpu,DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION\n1,0,500\n2,0,900\n3,0,920\n",
    ),
    "elapsed-days": (
        "JobID|Elapsed|gpu_hours|gpus\n1|2-03:00:00|3|1\n2|01:00:00|1|1\n",
        "JobID|Elapsed|ElapsedRaw|gpu_hours|gpus\n1|2-03:00:00|183600|51|1\n2|01:00:00|3600|1|1\n",
    ),
}


@pytest.mark.parametrize("guard", RECORDS)
def test_the_mistake_is_found_in_files_that_meters_write(guard: str) -> None:
    wrong, right = RECORDS[guard]

    assert guard in findings(wrong, "rows.csv")
    assert guard not in findings(right, "rows.csv")


TABLE = """run,facility_energy_kwh,pue,it_energy_kwh,wue_l_per_kwh,site_water_l,location_g_per_kwh,location_kg,market_kg,total_kg
a,120,1.2,100,0.5,60,50,6,0,6
b,132,1.1,120,0.5,60,600,79.2,10,89.2
"""


def test_columns_without_their_words_are_read_by_their_neighbours() -> None:
    found = findings(TABLE, "rows.csv")

    assert found["water-times-pue"].where == "row 2, site_water_l"
    assert found["market-and-location"].where == "row 3, total_kg"
    assert set(found) == {"water-times-pue", "market-and-location"}


def test_offsets_that_make_a_nought_of_emissions_are_found() -> None:
    found = findings("It emitted 1,128 tCO2e by location. We bought 1,128 t of offsets; net emissions are 0 tCO2e.")

    assert "minus 1,128 t" in found["offsets"].says


def test_a_sentinel_is_no_reading() -> None:
    found = findings("time,gpu,energy\n1,0,9223372036854775794\n", "rows.csv")

    assert "not available" in found["counter-readings"].says


def test_codecarbon_s_own_water_is_caught() -> None:
    heads = "run_id,codecarbon_version,energy_consumed,water_consumed,pue,wue"

    assert "water-times-pue" in findings(f"{heads}\na,3.3.0,1.2,0.6,1.2,0.5\n", "emissions.csv")
    assert "water-times-pue" not in findings(f"{heads}\na,3.2.0,1.2,0,1.2,0\n", "emissions.csv")


def test_an_energy_without_its_boundary_is_said_to_say_nothing() -> None:
    found = findings("Training took 12 kWh of energy.")

    assert found["boundary-unsaid"].severity is Severity.UNSAID
    assert "boundary-unsaid" not in findings("Training took 12 kWh of energy at the wall meter.")


def test_every_guard_has_an_example_here() -> None:
    assert set(registry.members("guards")) == {*WRONG, *RECORDS, "boundary-unsaid"}


@pytest.mark.parametrize(("guard", "module"), registry.load_all("guards").items())
def test_a_guard_says_what_it_is_and_where_it_is_from(guard: str, module: object) -> None:
    meta = module.META  # type: ignore[attr-defined]  # every guard has one

    assert meta.id == guard
    assert meta.title
    assert meta.source.startswith("https://")


CAREFUL = """# Llama 3.1

| | **Training Time (GPU hours)** | **Training Power (W)** | **Location-Based (tons CO2eq)** | **Market-Based (tons CO2eq)** |
| :--- | :---: | :---: | :---: | :---: |
| Llama 3.1 8B | 1.46M | 700 | 420 | 0 |
| Llama 3.1 70B | 7.0M | 700 | 2,040 | 0 |
| Llama 3.1 405B | 30.84M | 700 | 8,930 | 0 |
| Total | 39.3M | | 11,390 | 0 |

## BLOOM

Training took 1,082,880 GPU hours on A100, 433 MWh (dynamic, at the machines), and emitted 24.69 t CO2e at 57 gCO2e/kWh.

## LLaMA

1,022,362 GPU-hours at 400 W with a PUE of 1.1: 449 MWh; at 0.385 kgCO2e/kWh that is 173 tCO2e, location-based.
"""


def test_published_numbers_that_are_right_pass() -> None:
    assert findings(CAREFUL) == {}
