from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from greenwright.deploy import spot
from greenwright.errors import BadInputError

TOKEN = "a-token"  # noqa: S105 - of the stand-in


class StandIn:
    """A metadata server of any of the three clouds: pages by path, and the headers each cloud insists on."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                allowed = self.path == "/latest/api/token" and "X-aws-ec2-metadata-token-ttl-seconds" in self.headers
                self._answer(200 if allowed else 400, TOKEN)

            def do_GET(self) -> None:
                needed = {
                    "/latest": ("X-aws-ec2-metadata-token", TOKEN),
                    "/computeMetadata": ("Metadata-Flavor", "Google"),
                    "/metadata": ("Metadata", "true"),
                }
                name, value = next(one for prefix, one in needed.items() if self.path.startswith(prefix))
                if self.headers.get(name) != value:
                    self._answer(401, "no header")
                else:
                    page = stand_in.pages.get(self.path)
                    self._answer(404 if page is None else 200, page or "")

            def _answer(self, code: int, body: str) -> None:
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def cloud() -> Iterator[StandIn]:
    made = StandIn()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


AZURE = "/metadata/scheduledevents?api-version=2020-07-01"
GCP = "/computeMetadata/v1/instance/preempted"


@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("aws", {}),
        ("gcp", {GCP: "FALSE"}),
        ("azure", {AZURE: json.dumps({"DocumentIncarnation": 1, "Events": []})}),
        ("azure", {AZURE: json.dumps({"Events": [{"EventType": "Reboot", "NotBefore": ""}]})}),
    ],
)
def test_a_machine_that_may_stay_has_no_notice(cloud: StandIn, name: str, pages: dict[str, str]) -> None:
    cloud.pages = pages

    assert spot.notice(name, cloud.address) is None


def test_aws_says_when_the_machine_is_taken(cloud: StandIn) -> None:
    at = datetime.now(UTC) + timedelta(seconds=118)
    cloud.pages["/latest/meta-data/spot/instance-action"] = json.dumps(
        {"action": "terminate", "time": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    )

    found = spot.notice("aws", cloud.address)

    assert found is not None
    assert (found.cloud, found.kind) == ("aws", "taken")
    assert 60 < found.left_s <= 118


def test_aws_advises_to_leave_before_it_takes(cloud: StandIn) -> None:
    cloud.pages["/latest/meta-data/events/recommendations/rebalance"] = '{"noticeTime": "2026-11-24T12:00:00Z"}'

    found = spot.notice("aws", cloud.address)

    assert found == spot.Notice(cloud="aws", kind="at risk", left_s=0.0)


def test_google_says_true_half_a_minute_before(cloud: StandIn) -> None:
    cloud.pages[GCP] = "TRUE\n"

    assert spot.notice("gcp", cloud.address) == spot.Notice(cloud="gcp", kind="taken", left_s=30.0)


def test_azure_lists_it_among_its_events(cloud: StandIn) -> None:
    at = datetime.now(UTC) + timedelta(seconds=40)
    cloud.pages[AZURE] = json.dumps({"Events": [{"EventType": "Preempt", "NotBefore": format_datetime(at, usegmt=True)}]})

    found = spot.notice("azure", cloud.address)

    assert found is not None
    assert 10 < found.left_s <= 40


@pytest.mark.parametrize("name", list(spot.clouds()))
def test_a_machine_elsewhere_has_no_notice_and_no_error(name: str, cloud: StandIn) -> None:
    cloud.server.server_close()

    assert spot.notice(name, "http://127.0.0.1:9") is None


@pytest.mark.parametrize("page", ["<html>", "[]", '{"Events": 3}'])
def test_an_answer_that_nobody_documented_is_no_notice(cloud: StandIn, page: str) -> None:
    cloud.pages = {AZURE: page, "/latest/meta-data/spot/instance-action": page}

    assert spot.notice("azure", cloud.address) is None
    assert spot.notice("aws", cloud.address) is None


def test_an_unknown_cloud_is_named() -> None:
    with pytest.raises(BadInputError, match="no cloud is called 'ibm'; there are aws, gcp, azure"):
        spot.notice("ibm")
