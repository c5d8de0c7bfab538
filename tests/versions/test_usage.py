from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from greenwright.errors import BadInputError, CannotHereError
from greenwright.units import S_PER_DAY
from greenwright.versions.usage_logs import read_log
from greenwright.versions.usage_prometheus import Calls, read_prometheus

NOW = datetime(2026, 11, 11, tzinfo=UTC)
JSON_LINES = """{"time": "2026-11-01T00:00:00Z", "model": "digits", "version": "1"}
{"time": 1793923200, "model": "digits", "version": 2, "count": 10}
{"time": "2026-11-09T00:00:00+00:00", "model": "digits", "version": "1"}
torn {"time":
"""
CSV = "timestamp,model_name,model_version,calls\n2026-11-01,digits,1,5\n2026-11-02,digits,2,0\nnever,digits,3,1\n"
ACCESS = """10.0.0.1 - - [01/Nov/2026:00:00:00 +0000] "POST /v2/models/digits/versions/1/infer HTTP/1.1" 200 41
10.0.0.1 - - [01/Nov/2026:00:00:01 +0000] "POST /v1/models/digits/versions/2:predict HTTP/1.1" 200 41
10.0.0.1 - - [02/Nov/2026:00:00:01 +0000] "POST /v2/models/digits/versions/1/infer HTTP/1.1" 503 0
10.0.0.1 - - [02/Nov/2026:00:00:01 +0000] "GET /metrics HTTP/1.1" 200 9
"""


@pytest.mark.parametrize(
    ("name", "text", "counts", "skipped"),
    [
        ("calls.jsonl", JSON_LINES, {"1": 2.0, "2": 10.0}, 1),
        ("calls.csv", CSV, {"1": 5.0, "2": 0.0}, 1),
        ("access.log", ACCESS, {"1": 1.0, "2": 1.0}, 2),
    ],
)
def test_calls_are_counted_by_version_and_what_tells_of_none_is_counted_too(
    tmp_path: Path, name: str, text: str, counts: dict[str, float], skipped: int
) -> None:
    (tmp_path / name).write_text(text)

    log = read_log(tmp_path / name, NOW)

    assert {one.version: one.call_count for one in log.usage} == counts
    assert log.skipped_count == skipped
    assert {one.observed_s for one in log.usage} == {10 * S_PER_DAY}


def test_the_last_call_is_kept(tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl").write_text(JSON_LINES)

    assert read_log(tmp_path / "calls.jsonl", NOW).usage[0].last_called_at == "2026-11-09T00:00:00+00:00"


@pytest.mark.parametrize("text", ["", "hello\n", '{"a": 1}\n'])
def test_a_log_without_a_call_says_what_it_needs(tmp_path: Path, text: str) -> None:
    (tmp_path / "calls.log").write_text(text)

    with pytest.raises(BadInputError, match="tells of no call.*a time, a model and a version"):
        read_log(tmp_path / "calls.log")


def test_a_log_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        read_log(tmp_path / "missing.log")


ANSWERS = {
    "requests_total": (
        200,
        (
            '{"status":"success","data":{"resultType":"vector","result":['
            '{"metric":{"model":"digits","version":"1"},"value":[1,"0"]},'
            '{"metric":{"model":"digits","version":"2"},"value":[1,"41.5"]},{"metric":{},"value":[1,"9"]}]}}'
        ),
    ),
    "nothing_total": (200, '{"status":"success","data":{"resultType":"vector","result":[]}}'),
    "broken_total": (200, "<html>a login page</html>"),
    "refused_total": (422, '{"status":"error","errorType":"execution","error":"too many samples"}'),
}


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """An address that answers as Prometheus' HTTP API does, and what was asked of it."""
    queries: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            [query] = parse_qs(urlsplit(self.path).query)["query"]
            queries.append(query)
            code, text = next(answer for name, answer in ANSWERS.items() if name in query)
            self.send_response(code)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", queries
    server.shutdown()
    thread.join()
    server.server_close()


def calls(metric: str) -> Calls:
    return Calls(metric=metric, model_label="model", version_label="version")


def test_prometheus_is_asked_once_for_the_increase_of_the_counter(asked: tuple[str, list[str]]) -> None:
    url, queries = asked

    found = read_prometheus(url, calls("requests_total"), 30 * S_PER_DAY)

    assert queries == ["sum by (model, version) (increase(requests_total[2592000s]))"]
    assert [(one.version, one.call_count) for one in found] == [("1", 0.0), ("2", 41.5)]


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("nothing_total", "has no nothing_total"),
        ("broken_total", "is no Prometheus"),
        ("refused_total", "refused the query"),
        ("a b", "no name"),
    ],
)
def test_what_prometheus_cannot_say_is_said(asked: tuple[str, list[str]], metric: str, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        read_prometheus(asked[0], calls(metric), S_PER_DAY)


def test_an_address_that_does_not_answer_is_named() -> None:
    with pytest.raises(CannotHereError, match="cannot be reached"):
        read_prometheus("http://127.0.0.1:1", calls("requests_total"), S_PER_DAY)
    with pytest.raises(BadInputError, match="no address of Prometheus"):
        read_prometheus("file:///etc/passwd", calls("requests_total"), S_PER_DAY)


def test_a_log_may_hold_numbers_as_versions(tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl").write_text(json.dumps({"ts": 1793923200.5, "model": "digits", "version": 7}))

    assert read_log(tmp_path / "calls.jsonl").usage[0].version == "7"
