from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from greenwright.audit.auditing import Options, audit
from greenwright.errors import BadInputError
from greenwright.records.audit import AuditRecord, Hotspot, Realised, Side

REALISED = Realised(action="greenwright optimize", saving_share=0.5, low_share=0.4, high_share=0.6, case_count=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("audit")


@pytest.fixture(scope="module")
def record(folder: Path, log_rows: list[str]) -> AuditRecord:
    (folder / "log.csv").write_text("\n".join([*log_rows, "torn,line"]) + "\n")
    hours = [f"2026-01-05T{hour:02}:00:00,{600 if 6 <= hour < 20 else 100}" for hour in range(24)]
    hours += [f"2026-01-06T{hour:02}:00:00,{100}" for hour in range(24)]
    (folder / "grid.csv").write_text("\n".join(["time,g_per_kwh", *hours]) + "\n")
    return audit(
        [str(folder / "log.csv")], Options(out=folder / "out", intensity=folder / "grid.csv", thread_count=1), [REALISED]
    )


@pytest.fixture(scope="module")
def hotspots(record: AuditRecord) -> dict[str, Hotspot]:
    return {one.id: one for one in record.hotspots}


def side(record: AuditRecord, name: str) -> Side:
    return next(one for one in record.sides if one.dimension == name)


def test_every_row_is_accounted_for_and_bad_ones_lie_aside_with_their_reasons(record: AuditRecord) -> None:
    [source] = record.sources

    assert (source.reader, source.row_count, source.job_count, source.rejected_count) == ("plain", 15, 12, 3)
    assert {one.reason for one in source.rejections} == {
        "duration_s cannot be read",
        "it ends before it starts",
        "too few cells",
    }
    with Path(source.aside).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert any("soon" in row["row"] for row in rows)
    assert any("torn,line" in row["row"] for row in rows)


def test_the_whole_is_the_sum_of_every_side(record: AuditRecord) -> None:
    for one in record.sides:
        assert sum(part.impact.job_count for part in one.slices) == record.total.job_count
        for name in ("energy_j", "carbon_g", "it_energy_j"):
            whole = getattr(record.total, name)
            parts = [quantity for part in one.slices if (quantity := getattr(part.impact, name)) is not None]
            for end in ("value", "low", "high"):
                assert sum(getattr(part, end) for part in parts) == pytest.approx(getattr(whole, end))


def test_there_is_a_side_for_everything_the_log_says(record: AuditRecord) -> None:
    assert [one.dimension for one in record.sides] == ["team", "project", "model", "hardware", "phase", "month", "place"]
    assert {one.name for one in side(record, "month").slices} == {"2026-01", "2026-02", "2026-03"}
    assert "aws/us-east-1" in {one.name for one in side(record, "place").slices}


def test_money_of_two_currencies_is_not_added(record: AuditRecord) -> None:
    assert record.total.costs == {"USD": 360, "EUR": 540}


@pytest.mark.parametrize(
    ("finding", "count"),
    [
        ("idle-gpus", 1),
        ("over-requested", 1),
        ("failed-jobs", 1),
        ("repeated-jobs", 2),
        ("unused-training", 1),
        ("old-hardware", 1),
        ("unoptimized-serving", 2),
        ("dirty-regions", 6),
        ("dirty-hours", 2),
    ],
)
def test_each_waste_is_found_where_it_is(hotspots: dict[str, Hotspot], finding: str, count: int) -> None:
    assert hotspots[finding].job_count == count


def test_of_two_runs_that_did_the_same_one_is_waste(hotspots: dict[str, Hotspot], record: AuditRecord) -> None:
    again = hotspots["repeated-jobs"].energy_j.value
    h100 = next(one for one in side(record, "phase").slices if one.name == "tuning").impact.energy_j

    assert h100 is not None
    assert again == pytest.approx(h100.value / 2)


def test_an_opportunity_has_a_range_a_grade_an_effort_and_what_was_realised(hotspots: dict[str, Hotspot]) -> None:
    do = hotspots["unoptimized-serving"].opportunity

    assert do is not None
    assert 0 < do.saving_j.low < do.saving_j.value < do.saving_j.high
    assert (do.effort, do.action, do.saving_j.grade) == ("medium", "greenwright optimize", "assumed")
    assert do.realised == (REALISED,)


def test_cleaner_hours_save_carbon_and_no_energy(hotspots: dict[str, Hotspot]) -> None:
    do = hotspots["dirty-hours"].opportunity

    assert do is not None
    assert do.saving_j.high == 0
    assert do.saving_g is not None
    assert do.saving_g.value > 0


def test_the_largest_saving_stands_first(record: AuditRecord) -> None:
    shares = [one.opportunity.saving_share for one in record.hotspots if one.opportunity]

    assert shares == sorted(shares, reverse=True)


def test_a_source_given_twice_would_count_twice(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="is given twice"):
        audit(["a.csv", "a.csv"])


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("empty.csv", "", "is empty"),
        ("blank.csv", "\n\n", "nothing but blank lines"),
        ("unknown.csv", "a,b\n1,2\n", "draft a mapping with `greenwright audit"),
        ("none.csv", "duration_s,gpu_count\nx,1\n", "no row of .* could be used: duration_s cannot be read"),
        ("image.bin", "PNG\x00\x01", "neither text, Parquet nor SQLite"),
        ("prose.txt", "just words\n", "none of the sources that greenwright reads"),
        ("broken.parquet", "PAR1 and then nothing", "cannot be read"),
    ],
)
def test_a_source_that_cannot_be_used_says_what_to_do(tmp_path: Path, name: str, content: str, match: str) -> None:
    (tmp_path / name).write_text(content)

    with pytest.raises(BadInputError, match=match):
        audit([str(tmp_path / name)], Options(thread_count=1))


def test_a_missing_file_is_named() -> None:
    with pytest.raises(BadInputError, match="there is no file or folder nowhere.csv"):
        audit(["nowhere.csv"])


def test_a_mapping_reads_what_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("Dept;Walltime (h);Cards\nphysics;2;4\nbiology;1,5;2\n")
    (tmp_path / "map.toml").write_text(
        '[columns]\nteam = "Dept"\nduration_s = { from = "Walltime (h)", unit = "h" }\ngpu_count = "Cards"\n[constants]\ndevice = "V100"\n'
    )

    record = audit([str(tmp_path / "odd.csv")], Options(mapping=tmp_path / "map.toml", thread_count=1))

    assert (record.total.job_count, record.total.gpu_s) == (1, 2 * 3600 * 4)
    assert record.sources[0].rejections[0].reason == "walltime_h cannot be read"


def test_a_record_survives_json(record: AuditRecord) -> None:
    import msgspec

    assert msgspec.json.decode(msgspec.json.encode(record), type=AuditRecord) == record
    assert json.loads(msgspec.json.encode(record))["schema_version"] == 1
