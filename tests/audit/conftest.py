from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pytest

from greenwright.audit.engines import engine, open_table
from greenwright.audit.look import Form, look
from greenwright.audit.recognise import reader_of
from greenwright.errors import BadInputError

COLUMNS = (
    "job_id,team,project,model,phase,state,started_at,duration_s,device,gpu_count,cpu_count,memory_bytes,gpu_busy_share,"
    "cpu_busy_share,provider,region,repeat_key,call_count,cost,currency"
)
ROWS = (
    # idle: an A100 held for ten hours and busy for a fiftieth
    "idle,vision,notebook,,notebook,completed,2026-01-05T08:00:00,36000,A100-SXM4-80GB,1,8,64e9,0.02,0.1,aws,us-east-1,,,40,USD",
    # half used
    "half,vision,detector,,training,completed,2026-01-05T08:00:00,36000,A100-SXM4-80GB,4,32,256e9,0.3,0.5,aws,us-east-1,,,160,USD",
    "well,vision,detector,,training,completed,2026-01-06T08:00:00,36000,A100-SXM4-80GB,4,32,256e9,0.9,0.8,aws,us-east-1,,,160,USD",
    "fail,nlp,captions,,training,failed,2026-01-07T08:00:00,18000,H100,8,96,1e12,0.8,0.5,gcp,us-central1,,,500,EUR",
    "once,nlp,captions,,tuning,completed,2026-01-08T08:00:00,7200,H100,1,12,1e11,0.9,0.5,gcp,us-central1,same,,20,EUR",
    "again,nlp,captions,,tuning,completed,2026-01-09T08:00:00,7200,H100,1,12,1e11,0.9,0.5,gcp,us-central1,same,,20,EUR",
    "old,hpc,fold,,training,completed,2026-02-01T08:00:00,72000,Tesla P100,4,32,1e11,0.9,0.5,,,,,,",
    # a model that is trained three times; nobody asks the second version anything
    "v1,rank,ranker,ranker,training,completed,2026-03-01T00:00:00,36000,L4,1,8,3e10,0.9,0.5,gcp,europe-north1,,,,",
    "s1,rank,ranker,ranker,inference,completed,2026-03-01T12:00:00,3600,L4,1,8,3e10,0.5,0.5,gcp,europe-north1,,900,,",
    "v2,rank,ranker,ranker,training,completed,2026-03-02T00:00:00,36000,L4,1,8,3e10,0.9,0.5,gcp,europe-north1,,,,",
    "v3,rank,ranker,ranker,training,completed,2026-03-03T00:00:00,36000,L4,1,8,3e10,0.9,0.5,gcp,europe-north1,,,,",
    "s3,rank,ranker,ranker,inference,completed,2026-03-03T12:00:00,360000,L4,8,8,3e10,0.6,0.5,gcp,europe-north1,,900000,,",
    # rows that cannot be used
    "bad1,x,x,,,completed,2026-01-05T08:00:00,soon,,,,,,,,,,,,",
    "bad2,x,x,,,completed,2026-01-05T08:00:00,-5,,,,,,,,,,,,",
)


@pytest.fixture(scope="session")
def log_rows() -> list[str]:
    """A made-up log whose waste is known, row by row, as a plain table with its header."""
    return [COLUMNS, *ROWS]


@pytest.fixture(scope="session")
def data() -> Path:
    """The real logs, where they are at hand."""
    told = os.environ.get("GREENWRIGHT_DATA")
    root = Path(__file__).parents[2]
    places = [Path(told)] if told else [root.parent / "shared" / "data", root.parents[1] / "shared" / "data"]
    found = next((place for place in places if (place / "ingest_samples").is_dir()), None)
    if found is None:
        pytest.skip("the real logs are not here; GREENWRIGHT_DATA can name their folder")
    return found


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Write a file, let whoever recognises it read it, and return its rows as jobs, problems included."""

    def run(name: str, content: str | bytes, reader: str = "") -> list[dict[str, Any]]:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with engine(thread_count=1) as at:
            seen = look(str(path))
            raw = None
            if seen.form in {Form.PARQUET, Form.JSON, Form.LINES}:
                try:
                    seen, raw = open_table(at, seen)
                except BadInputError:
                    raw = None
            module = reader_of(seen)
            if reader:
                assert module.META.id == reader
            if hasattr(module, "load"):
                raw = ibis.memtable(module.load(seen))
            elif seen.form is Form.CSV:
                seen, raw = open_table(at, seen)
            rows: list[dict[str, Any]] = at.backend.to_pyarrow(module.jobs(raw, seen)).to_pylist()
            return rows

    return run
