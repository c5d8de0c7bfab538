"""The same audit on PostgreSQL and on Spark as on DuckDB: the tables stay where they are, and the numbers are the same."""

from __future__ import annotations

import gzip
import os
import pwd
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from glob import glob
from pathlib import Path

import ibis
import pytest

from greenwright.audit import cells
from greenwright.audit.auditing import Options, audit
from greenwright.audit.engines import engine, open_table, torn_rows
from greenwright.audit.look import look
from greenwright.records.audit import AuditRecord

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL server of our own; its URL."""
    found = sorted(glob("/usr/lib/postgresql/*/bin/initdb"))  # noqa: PTH207 - from the root
    if not found:
        pytest.skip("no PostgreSQL server here; install it with: apt-get install postgresql")
    pytest.importorskip("psycopg", reason="no driver for PostgreSQL")
    programs = Path(found[-1]).parent
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="gw-audit-"))
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)

    def run(program: str, *arguments: str) -> None:
        who = {"user": user.pw_uid, "group": user.pw_gid} if user else {}
        subprocess.run([str(programs / program), *arguments], check=True, capture_output=True, cwd=folder, **who)  # type: ignore[call-overload]

    run("initdb", "-D", str(folder / "data"), "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    run("pg_ctl", "-D", str(folder / "data"), "-w", "-o", options, "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-D", str(folder / "data"), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def log(log_rows: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engines") / "log.csv"
    path.write_text("\n".join(log_rows) + "\n")
    return path


@pytest.fixture(scope="module")
def expected(log: Path) -> AuditRecord:
    return audit([str(log)], Options(thread_count=1))


def same(found: AuditRecord, expected: AuditRecord) -> None:
    assert found.total.job_count == expected.total.job_count
    assert found.sources[0].rejected_count == expected.sources[0].rejected_count
    assert found.total.costs == expected.total.costs
    for name in ("it_energy_j", "energy_j", "carbon_g", "water_l", "embodied_g"):
        mine, its = getattr(found.total, name), getattr(expected.total, name)
        assert (mine.value, mine.low, mine.high) == pytest.approx((its.value, its.low, its.high))
    assert [(one.dimension, sorted(part.name for part in one.slices)) for one in found.sides] == [
        (one.dimension, sorted(part.name for part in one.slices)) for one in expected.sides
    ]
    assert [(one.id, one.job_count) for one in found.hotspots] == [(one.id, one.job_count) for one in expected.hotspots]


def test_postgresql_gives_the_numbers_of_duckdb(server: str, log_rows: list[str], expected: AuditRecord) -> None:
    import psycopg

    names, *rows = [line.split(",") for line in log_rows]
    with psycopg.connect(server) as connection:
        connection.execute(f"CREATE TABLE job_log ({', '.join(f'{chr(34)}{name}{chr(34)} text' for name in names)})")
        marks = ", ".join(["%s"] * len(names))
        filled = [[cell or None for cell in row] for row in rows]
        connection.cursor().executemany(f"INSERT INTO job_log VALUES ({marks})", filled)  # noqa: S608 - our own columns

    same(audit(["job_log"], Options(on=server)), expected)


@pytest.fixture(scope="module")
def spark() -> Iterator[str]:
    """One session of Spark in this machine for all tests, as small as the log; its URL.

    It compiles nothing twice: these tests ask a hundred small questions, which compiling makes slower.
    """
    if shutil.which("java") is None:
        pytest.skip("no Java here, which Spark needs; install it with: apt-get install openjdk-17-jre-headless")
    session = pytest.importorskip("pyspark.sql", reason="pyspark is not installed; install the extra spark").SparkSession
    settings = {
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = session.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Spark 4 and pandas 3 have not met yet, and say so
        opened = builder.getOrCreate()
        opened.sparkContext.setLogLevel("ERROR")
    yield "pyspark://"
    opened.stop()


@pytest.mark.timeout(900)  # Spark thinks for seconds about each of a hundred questions
@pytest.mark.filterwarnings("ignore")  # as above
def test_spark_gives_the_numbers_of_duckdb_and_keeps_nothing_in_a_session_that_is_not_ours(
    spark: str, log: Path, expected: AuditRecord
) -> None:
    from pyspark.sql import SparkSession

    found = audit([str(log)], Options(on=spark))

    same(found, expected)
    assert found.engine == "pyspark"
    assert not any(SparkSession.active().catalog.tableExists(name) for name in ("jobs_0", "held", "with_impact", "marked"))


@pytest.mark.filterwarnings("ignore")  # as above
def test_spark_takes_blanks_off_and_no_letters(spark: str) -> None:
    with engine(spark) as at:
        words = at.backend.create_view(
            "words", ibis.memtable({"word": ["\t fold\n", "vision v", "failed ", "", None]}), overwrite=True
        )
        found = words.select(word=cells.text(words.word)).to_pyarrow().to_pydict()["word"]

    assert found == ["fold", "vision v", "failed", "", ""]


@pytest.mark.filterwarnings("ignore")  # as above
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("log.csv", '# by hand\njob_id,duration_s,team\na,60,"x, ""y"""\nb,60\nc,60,x,9\n,,\n'),
        ("log.csv.gz", "job_id;duration_s;team\na;60;x\nb;60\nc;60;x;9\n;;\n"),
        ("log.txt", 'job_id|duration_s|team\na|60|5" disk\nb|60\nc|60|x|9\n||\n'),
    ],
)
def test_spark_reads_a_file_as_duckdb_does_and_finds_its_torn_rows(spark: str, name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    read = []
    for url in (None, spark):
        with engine(url, thread_count=1) as at:
            seen, table = open_table(at, look(str(path)))
            rows = sorted(tuple(row.values()) for row in table.fill_null("").to_pyarrow().to_pylist())
            read.append((seen.columns, rows, sorted(torn_rows(at, seen))))

    assert read[0] == read[1]
    assert [reason for reason, _ in read[1][2]] == ["too few cells", "too many cells"]
