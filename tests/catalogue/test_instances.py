"""Cloud instances: what the table says of them, and what it leaves open."""

from __future__ import annotations

import pytest

from greenwright.catalogue.devices import device
from greenwright.catalogue.instances import BYTES_PER_GIB, instance, instances


def test_every_accelerator_of_the_table_is_in_the_catalogue() -> None:
    assert not [one.name for one in instances() if device(one.device) is None]


@pytest.mark.parametrize(
    ("name", "gpu_count", "cpu_count", "memory_gib"),
    [
        ("p4d.24xlarge", 8, 96, 1152),
        ("p2.xlarge", 0.5, 4, 61),  # one of the two GPUs of a card
        ("a2-ultragpu-1g", 1, 12, 170),
        ("Standard_ND96amsr_A100_v4", 8, 96, 1800),
        ("Standard_NC40ads_H100_v5", 1, 40, 320),
    ],
)
def test_an_instance_holds_what_its_source_says(name: str, gpu_count: float, cpu_count: float, memory_gib: float) -> None:
    found = instance(name)

    assert found is not None
    assert (gpu_count, cpu_count, memory_gib * BYTES_PER_GIB) == (found.gpu_count, found.cpu_count, found.memory_bytes)


@pytest.mark.parametrize("name", ["a4-highgpu-8g", "trn2.48xlarge", "nc12s_v2", "nc24s_v2"])
def test_memory_that_no_source_gave_is_left_open(name: str) -> None:
    found = instance(name)

    assert found is not None
    assert found.gpu_count
    assert found.memory_bytes is None


@pytest.mark.parametrize("spelt", ["p4d.24xlarge", "ml.p4d.24xlarge", " P4D.24xlarge "])
def test_an_instance_holds_what_the_table_says_in_any_spelling(spelt: str) -> None:
    found = instance(spelt)

    assert found is not None
    assert (found.name, found.gpu_count, found.cpu_count, found.known) == ("p4d.24xlarge", 8, 96, True)
    assert found.device


@pytest.mark.parametrize(
    ("spelt", "cpu_count"), [("m5.large", 2), ("m5.4xlarge", 16), ("n2-standard-8", 8), ("Standard_D4s_v5", 4), ("D4s v5", 4)]
)
def test_one_without_an_accelerator_says_its_processors_in_its_name(spelt: str, cpu_count: int) -> None:
    found = instance(spelt)

    assert found is not None
    assert (found.device, found.gpu_count, found.cpu_count) == ("", 0, cpu_count)


@pytest.mark.parametrize("spelt", ["", "a machine", "db"])
def test_a_name_that_says_nothing_is_nothing(spelt: str) -> None:
    assert instance(spelt) is None


def test_an_accelerated_one_that_the_table_lacks_is_never_taken_for_one_without() -> None:
    found = instance("p99.48xlarge")

    assert found is None or not found.known or found.device
