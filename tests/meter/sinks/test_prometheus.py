"""Metrics as Prometheus' own client library reads them, over HTTP and from a file."""

from __future__ import annotations

import socket
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from greenwright.errors import BadInputError
from greenwright.meter.sinks import prometheus, prometheus_textfile
from greenwright.testing.sinks import SinkContract, a_run, a_window

parser = pytest.importorskip("prometheus_client.parser", reason="needs the extra prometheus")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def scrape(port: int) -> dict[tuple[str, str], float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return values(answer.read().decode())


def values(text: str) -> dict[tuple[str, str], float]:
    """By metric and window, or window and bound."""
    found: dict[tuple[str, str], float] = {}
    for family in parser.text_string_to_metric_families(text):
        for sample in family.samples:
            labels: dict[str, Any] = sample.labels
            found[sample.name, labels["window"] + labels.get("bound", "") + labels.get("component", "")] = sample.value
    return found


class TestPrometheus(SinkContract):
    sink = prometheus
    has_write = False

    def target(self, tmp_path: Path) -> str:
        return f":{free_port()}"

    def test_a_scrape_sees_the_run_as_it_is_by_then(self) -> None:
        port = free_port()
        with prometheus.follow(f":{port}") as show:
            before = scrape(port)
            show(a_run(windows=(a_window("whole", 50.0, 2.0),)))
            half = scrape(port)
            show(a_run())
            whole = scrape(port)

        assert {} == before
        assert 50.0 == half["greenwright_energy_joules", "whole"]
        assert (100.0, 60.0) == (
            whole["greenwright_energy_joules", "whole"],
            whole["greenwright_energy_joules", "epoch"],
        )
        assert (90.0, 110.0) == pytest.approx(
            [whole["greenwright_energy_bound_joules", f"whole{one}"] for one in ("low", "high")]
        )
        assert 40.0 == whole["greenwright_part_energy_joules", "wholegpu"]

    def test_when_the_measurement_ends_the_port_is_free_again(self) -> None:
        port = free_port()
        for _ in range(2):
            with prometheus.follow(f"127.0.0.1:{port}") as show:
                show(a_run())

    def test_a_taken_port_is_named(self) -> None:
        port = free_port()
        refused = pytest.raises(BadInputError, match=f"prometheus::{port} cannot be listened on")
        with prometheus.follow(f":{port}"), refused, prometheus.follow(f":{port}"):
            pass

    def test_afterwards_there_is_nobody_to_serve_it(self) -> None:
        with pytest.raises(BadInputError, match="afterwards use prometheus-textfile:FILE"):
            prometheus.write(a_run(), ":9464")


class TestTextfile(SinkContract):
    sink = prometheus_textfile

    def target(self, tmp_path: Path) -> str:
        return str(tmp_path / "greenwright.prom")

    def test_the_file_is_what_the_client_reads(self, tmp_path: Path) -> None:
        prometheus_textfile.write(a_run(), self.target(tmp_path))
        found = values(Path(self.target(tmp_path)).read_text())

        assert (100.0, 4.0, 2.0) == (
            found["greenwright_energy_joules", "whole"],
            found["greenwright_duration_seconds", "whole"],
            found["greenwright_windows", "epoch"],
        )
        assert ["greenwright.prom"] == [path.name for path in tmp_path.iterdir()]

    def test_a_name_that_the_collector_would_pass_over_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadInputError, match="end in .prom"):
            prometheus_textfile.write(a_run(), str(tmp_path / "greenwright.txt"))
