"""Metrics as an OpenTelemetry collector receives them: a real HTTP server decodes what the real exporter sent."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from greenwright.errors import BadInputError
from greenwright.meter.sinks import otlp
from greenwright.testing.sinks import SinkContract, a_run

service = pytest.importorskip("opentelemetry.proto.collector.metrics.v1.metrics_service_pb2", reason="needs the extra otlp")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs the extra otlp")


@contextmanager
def collector(status: int = 200) -> Iterator[tuple[str, list[Any]]]:
    """An address, and the requests it took."""
    taken: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            plain = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            taken.append(service.ExportMetricsServiceRequest.FromString(plain))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/metrics", taken
        finally:
            server.shutdown()
            thread.join()


def points(request: Any) -> dict[str, list[tuple[dict[str, str], float]]]:
    """By the metric's name: labels and values."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    (resource,) = request.resource_metrics
    for metric in resource.scope_metrics[0].metrics:
        data = metric.sum if metric.HasField("sum") else metric.gauge
        found[f"{metric.name} {metric.unit}"] = [
            ({one.key: one.value.string_value for one in point.attributes}, point.as_double) for point in data.data_points
        ]
    return found


class TestOtlp(SinkContract):
    sink = otlp

    @pytest.fixture(autouse=True)
    def running(self) -> Iterator[None]:
        with collector() as (address, taken):
            self.address, self.taken = address, taken
            yield

    def target(self, tmp_path: Path) -> str:
        return self.address

    def test_a_collector_receives_the_semantic_conventions(self) -> None:
        otlp.write(a_run(), self.address)
        (request,) = self.taken
        found = points(request)
        whole = {labels["hw.type"]: value for labels, value in found["hw.energy J"] if labels["greenwright.window"] == "whole"}
        about = {one.key: one.value.string_value for one in request.resource_metrics[0].resource.attributes}

        assert {"cpu": 50.0, "memory": 10.0, "gpu": 40.0} == whole
        assert {"whole": 2.0, "epoch": 1.0} == {
            labels["greenwright.window"]: value for labels, value in found["process.cpu.time s"]
        }
        assert ("train", "host") == (about["service.name"], about["host.name"])

    def test_the_range_and_the_grade_travel_along(self) -> None:
        otlp.write(a_run(), self.address)
        bounds = {
            labels["greenwright.bound"]: (value, labels["greenwright.grade"])
            for labels, value in points(self.taken[0])["greenwright.energy J"]
            if labels["greenwright.window"] == "whole"
        }

        assert {"value": (100.0, "counter"), "low": (90.0, "counter"), "high": (pytest.approx(110.0), "counter")} == bounds


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(BadInputError, match="otlp:localhost is no address"):
        otlp.write(a_run(), "localhost")


@pytest.mark.filterwarnings("ignore")
def test_a_collector_that_refuses_is_named() -> None:
    with collector(status=400) as (address, _), pytest.raises(BadInputError, match="nobody at .* took the metrics"):
        otlp.write(a_run(), address)
