"""Ask a cloud whether this machine is about to be taken away: the notices of AWS, Google Cloud and Azure.

Each cloud answers on an address that only its own machines reach. Nothing else is asked, and nothing is sent. A notice is a
courtesy: AWS calls it best effort, so nobody should rely on it alone.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from greenwright.errors import BadInputError

TIMEOUT_S = 2.0
NOT_THERE = 404
GCP_NOTICE_S = 30.0
"""Between the notice and the end: Google Cloud does not say it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The machine will be taken away, or may be."""

    cloud: str
    kind: str
    """"taken" where it is certain, "at risk" where the cloud only advises to leave."""
    left_s: float
    """Until then, as far as the cloud says; 0 where it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One address of a cloud, and how what it says is read."""

    path: str
    kind: str
    """Of the notice that it gives."""
    left_s: Callable[[str], float | None]
    """Seconds left, of what it says; None where that is no notice. A page that is not there gives none either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """How one cloud is asked: its pages in turn, the first notice counts."""

    name: str
    address: str
    headers: Mapping[str, str]
    """That it insists on."""
    pages: tuple[Page, ...]
    poll_s: float
    """How often its pages say to ask."""
    notice_s: float
    """How long before the end its pages promise a notice, at best."""
    source: str
    token_path: str = ""
    """Where a token is to be had first, by PUT with ``headers``; it goes along in the header ``token_header``."""
    token_header: str = ""


def clouds() -> dict[str, Cloud]:
    """Every cloud that can be asked, by name."""
    return {cloud.name: cloud for cloud in (_AWS, _GCP, _AZURE)}


def notice(cloud: str, address: str = "") -> Notice | None:
    """What the cloud says of this machine now; None where it says nothing, or does not answer.

    Args:
        cloud: "aws", "gcp" or "azure".
        address: In place of the cloud's own, for a stand-in.

    Raises:
        BadInputError: no such cloud.
    """
    known = clouds()
    if cloud not in known:
        raise BadInputError(f"no cloud is called {cloud!r}; there are {', '.join(known)}")
    try:
        return _asked(known[cloud], address or known[cloud].address)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # not on that cloud, or an answer nobody documented: work goes on, and checkpoints protect it


def _asked(cloud: Cloud, address: str) -> Notice | None:
    headers = cloud.headers
    if cloud.token_path:
        headers = {cloud.token_header: _get(f"{address}{cloud.token_path}", headers, method="PUT") or ""}
    for page in cloud.pages:
        said = _get(f"{address}{page.path}", headers)
        left_s = None if said is None else page.left_s(said)
        if left_s is not None:
            return Notice(cloud=cloud.name, kind=page.kind, left_s=max(0.0, left_s))
    return None


def _instance_action(said: str) -> float:
    """Of AWS: ``{"action": "terminate", "time": "2026-11-24T18:02:00Z"}``."""
    return (datetime.fromisoformat(json.loads(said)["time"]) - datetime.now(UTC)).total_seconds()


def _rebalance(_said: str) -> float:
    """Of AWS: the page is there once it advises to leave; it does not say when."""
    return 0.0


def _preempted(said: str) -> float | None:
    """Of Google Cloud: TRUE or FALSE."""
    return GCP_NOTICE_S if said.strip() == "TRUE" else None


def _scheduled_events(said: str) -> float | None:
    """Of Azure: a list of events, of which ``Preempt`` is ours."""
    for event in json.loads(said)["Events"]:
        if event["EventType"] == "Preempt":
            before = event.get("NotBefore") or ""
            return (parsedate_to_datetime(before) - datetime.now(UTC)).total_seconds() if before else 0.0
    return None


def _get(url: str, headers: Mapping[str, str], method: str = "GET") -> str | None:
    """The body; None where there is no such page, which is how AWS says that nothing is planned. No proxy is asked."""
    request = urllib.request.Request(url, headers=dict(headers), method=method)  # noqa: S310 - http on a link-local address
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            body: bytes = answer.read()
            return body.decode()
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == NOT_THERE:
            return None
        raise


_AWS = Cloud(
    name="aws",
    address="http://169.254.169.254",
    headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"},
    token_path="/latest/api/token",  # noqa: S106 - an address
    token_header="X-aws-ec2-metadata-token",  # noqa: S106 - a name
    pages=(
        Page(path="/latest/meta-data/spot/instance-action", kind="taken", left_s=_instance_action),
        Page(path="/latest/meta-data/events/recommendations/rebalance", kind="at risk", left_s=_rebalance),
    ),
    poll_s=5.0,
    notice_s=120.0,
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html",
)
_GCP = Cloud(
    name="gcp",
    address="http://metadata.google.internal",
    headers={"Metadata-Flavor": "Google"},
    pages=(Page(path="/computeMetadata/v1/instance/preempted", kind="taken", left_s=_preempted),),
    poll_s=2.0,
    notice_s=GCP_NOTICE_S,
    source="https://docs.cloud.google.com/compute/docs/instances/spot",
)
_AZURE = Cloud(
    name="azure",
    address="http://169.254.169.254",
    headers={"Metadata": "true"},
    pages=(Page(path="/metadata/scheduledevents?api-version=2020-07-01", kind="taken", left_s=_scheduled_events),),
    poll_s=1.0,
    notice_s=30.0,
    source="https://learn.microsoft.com/azure/virtual-machines/linux/scheduled-events",
)
