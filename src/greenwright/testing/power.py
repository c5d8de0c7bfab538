"""Fake machines that show power: files, programs and addresses, on a clock that moves when the machine runs."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from greenwright.testing.conformance import FakeTime


class FakePowerMachine:
    """A machine whose power is known; ``show`` is called with the watts and the joules so far whenever they change.

    Args:
        root: Its files.
        monkeypatch: Turns the meter's clocks.
        power_w: Its power.
        show: Writes what the machine shows.
    """

    def __init__(self, root: Path, monkeypatch: Any, power_w: float, show: Callable[[float, float], object]) -> None:
        self.root = root
        self.power_w = power_w
        self.load_ratio = 1.0
        self.energy_j = 1_000.0
        self.hands = FakeTime(monkeypatch)
        self._show = show
        show(power_w, self.energy_j)

    def run(self, duration_s: float) -> float:
        """Let time pass; return the joules."""
        spent_j = self.power_w * self.load_ratio * duration_s
        self.energy_j += spent_j
        self.hands.pass_by(duration_s)
        self._show(self.power_w * self.load_ratio, self.energy_j)
        return spent_j


def write_file(path: Path, text: str) -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def write_program(path: Path, prints: str) -> Path:
    """A program that prints a text, whatever it is asked."""
    write_file(path.with_suffix(".said"), prints)
    write_file(path, f'#!/bin/sh\ncat "{path.with_suffix(".said")}"\n').chmod(0o755)
    return path


@contextmanager
def answering(answers: dict[str, Any]) -> Iterator[str]:
    """A server on this machine that answers with JSON by path; others are not found. Yields its address.

    An answer may be changed while it runs. Every request is noted in ``answers["requests"]``: path and authorization.
    """
    answers.setdefault("requests", [])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers["requests"].append((self.path, self.headers.get("Authorization")))
            known = self.path in answers
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answers.get(self.path, {})).encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
