"""Devices are found as clouds and drivers spell them, and one that nobody knows is None."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenwright.catalogue.devices import Device, accelerators, cpus, device
from greenwright.records.quantities import Grade, Quantity


def known(text: str) -> Device:
    found = device(text)
    assert found is not None
    return found


def busy(text: str) -> Quantity:
    power_w = known(text).busy_w
    assert power_w is not None
    return power_w


@pytest.mark.parametrize(
    ("text", "key", "power_w"),
    [
        ("NVIDIA A100-SXM4-80GB", "nvidia-a100-sxm4-80-gb", 400),
        ("A100-PCIE-40GB", "nvidia-a100-pcie", 300),
        ("NVIDIA H100 80GB HBM3", "nvidia-h100-sxm5-80gb", 700),
        ("NVIDIA H100 PCIe", "nvidia-h100-pcie", 350),
        ("nvidia-h100-mega-80gb", "nvidia-h100-sxm5-80gb", 700),
        ("NVIDIA H200", "nvidia-h200-sxm", 700),
        ("Tesla V100-SXM2-32GB", "nvidia-tesla-v100-sxm2-32-gb", 300),
        ("nvidia-tesla-t4", "nvidia-tesla-t4", 70),
        ("NVIDIA GeForce RTX 3090 Ti", "nvidia-geforce-rtx-3090-ti", 450),
        ("nvidia-l4", "nvidia-l4", 72),
        ("tpu-v5-lite-podslice", "google-tpu-v5e", 225),
        ("v5p", "google-tpu-v5p", 540),
        ("MI300X", "amd-instinct-mi300x", 750),
        ("Gaudi 2", "intel-habana-gaudi2", 600),
        ("Intel(R) Xeon(R) Platinum 8480+ CPU @ 2.00GHz", "intel-xeon-platinum-8480+", 350),
        ("AMD EPYC 7763 64-Core Processor", "amd-epyc-7763", 280),
    ],
)
def test_a_device_is_found_as_it_is_spelt(text: str, key: str, power_w: float) -> None:
    assert (key, power_w) == (known(text).key, busy(text).value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gpu",
        "nvidia",
        "80GB",
        "Xeon",
        "RTX",
        "H100 Ultra",
        "NVIDIA A100-SXM4-80GB MIG 1g.10gb",
        "Intel(R) Xeon(R) CPU @ 2.20GHz",
        "A1000000",
    ],
)
def test_a_device_that_nobody_knows_is_never_guessed(text: str) -> None:
    assert device(text) is None


def test_a_name_that_fits_several_variants_spans_them_all() -> None:
    assert len(known("A100").variants) == 3
    assert (busy("A100 PCIe 40GB").low, busy("A100 SXM4 80 GB").high) == (busy("A100").low, busy("A100").high)


def test_every_accelerator_is_found_under_its_own_name() -> None:
    lost = [
        one.name
        for one in accelerators()
        if (found := device(one.name)) is None or (one.name != found.name and not found.variants)
    ]

    assert [] == lost


def test_power_is_positive_idle_is_less_than_busy_and_the_range_says_how_sure_that_is() -> None:
    powered = [one for one in (*accelerators(), *cpus()) if one.busy_w and one.idle_w]

    assert [] == [
        one.name
        for one in powered
        if not (one.busy_w and one.idle_w and 0 < one.idle_w.low < one.idle_w.value < one.busy_w.value)
        or not one.busy_w.low < one.busy_w.value <= one.busy_w.high
    ]
    assert len(powered) > 3000


def test_idle_power_that_nobody_gave_is_graded_assumed() -> None:
    grades = [idle_w.grade for name in ("MI300X", "H100 SXM") if (idle_w := known(name).idle_w)]

    assert [Grade.ASSUMED, Grade.MODELLED] == grades


def test_sparse_peaks_are_halved_and_say_so() -> None:
    found = known("Jetson AGX Orin")

    assert found.peak_flop_per_s["int8"] == pytest.approx(137.5e12)
    assert "halved" in found.note


def test_what_mlperf_measured_is_kept_with_the_machine_it_was_measured_on() -> None:
    found = known("NVIDIA H200")

    run = next(one for one in found.mlperf if (one.benchmark, one.scenario) == ("llama2-70b-99", "offline"))
    assert (8, 86.7369, 6152.98) == (run.device_count, run.samples_per_s, run.power_w)
    assert run.energy_j_per_sample == pytest.approx(70.94, abs=0.01)


def test_neuromorphic_chips_are_shown_without_operations_to_rank_by() -> None:
    chips = [one for one in accelerators() if one.kind == "neuromorphic"]

    assert {"Intel Loihi 2", "IBM NorthPole"} <= {one.name for one in chips}
    assert all(one.experimental and not one.peak_flop_per_s for one in chips)


def test_embodied_carbon_is_in_grams_with_the_range_of_those_who_studied_it() -> None:
    found = known("H100 SXM")

    assert found.embodied_g is not None
    assert (164_000.0, 273_000.0) == (found.embodied_g.value, found.embodied_g.high)
    assert "ISO 14067" in found.embodied_g.source


@settings(deadline=None)  # the first call reads the tables
@given(st.text(max_size=30))
def test_no_text_is_too_strange_to_be_looked_up(text: str) -> None:
    found = device(text)

    assert found is None or found.name
