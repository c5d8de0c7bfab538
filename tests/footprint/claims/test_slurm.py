from __future__ import annotations

import pytest

from greenwright.footprint.claims.slurm import device_count, device_seconds, elapsed_s, energy_j


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("00:21:00", 1_260), ("2-03:00:00", 183_600), ("05:30", 330), ("1-00:00:00.5", 86_400), ("soon", None), ("", None)],
)
def test_elapsed_time_has_days_and_may_lack_hours(text: str, seconds: float | None) -> None:
    assert elapsed_s(text) == seconds


def test_gpus_are_counted_from_whatever_names_them() -> None:
    assert device_count({"AllocTRES": "billing=8,cpu=8,gres/gpu:a100=4,gres/gpu=4,node=1"}) == 4
    assert device_count({"V100_32": "0", "A100_80": "8"}) == 8
    assert device_count({"gpus": "2"}) == 2
    assert device_count({"cpus": "2"}) == 0
    assert device_seconds({"gpus": "2", "Elapsed": "01:00:00"}) == 7_200


@pytest.mark.parametrize(("cell", "joules"), [("12.3K", 12_300), ("4G", 4e9), ("0", 0), ("N/A", 0), ("", 0)])
def test_joules_have_prefixes_and_may_be_missing(cell: str, joules: float) -> None:
    assert energy_j({"ConsumedEnergy": cell}) == joules
