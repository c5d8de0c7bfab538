from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from greenwright.machine import this_machine

INTEL = """processor\t: 0
model name\t: Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz
flags\t\t: fpu sse avx2 avx512f avx512_vnni

processor\t: 1
model name\t: something else
flags\t\t: fpu
"""
ARM = """processor\t: 0
BogoMIPS\t: 50.00
Features\t: fp asimd asimddp i8mm bf16
"""


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "cpuinfo").write_text(INTEL)
    return tmp_path


def test_the_first_processor_names_the_machine(proc: Path) -> None:
    machine = this_machine(proc)

    assert machine.cpu == "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz"
    assert machine.features == ("avx2", "avx512f", "avx512_vnni")


def test_arm_says_features_where_intel_says_flags(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(ARM)

    assert this_machine(tmp_path).features == ("asimddp", "i8mm", "bf16")


def test_a_machine_without_proc_is_still_described(tmp_path: Path) -> None:
    machine = this_machine(tmp_path / "nowhere")

    assert machine.cpu
    assert machine.features == ()


def test_cores_and_memory_are_of_this_machine(proc: Path) -> None:
    machine = this_machine(proc)

    assert machine.core_count >= 1
    assert machine.memory_bytes > 2**20


def test_versions_of_what_changes_results_are_kept(proc: Path) -> None:
    versions = this_machine(proc).versions

    assert versions["greenwright"] == version("greenwright")
    assert versions["torch"] == version("torch")
