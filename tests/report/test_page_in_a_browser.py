"""The page as a browser draws it: with the network out of reach, at the width of a phone and of a desk."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from greenwright.audit.auditing import Options, audit
from greenwright.cli.assess import EXAMPLE
from greenwright.lifecycle.assess import assess
from greenwright.report import audit_page
from greenwright.report.formats import html as disclosure_page
from greenwright.report.page import render

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium in PATH"),
]

LISTEN = """<script>
var problems = [];
addEventListener("error", (event) => problems.push(String(event.message)));
addEventListener("unhandledrejection", (event) => problems.push(String(event.reason)));
addEventListener("securitypolicyviolation", (event) => problems.push(event.violatedDirective + " " + event.blockedURI));
console.error = console.warn = (...said) => problems.push(said.join(" "));
</script>"""

TELL = """<script>
addEventListener("load", () => setTimeout(() => {
  const wide = (element) => element.getBoundingClientRect().right > innerWidth + 1;
  const seen = [...document.querySelectorAll("body *")];
  const boxed = (element) => element.closest(".scroll, pre, .hidden, .stacked thead");
  parent.postMessage(JSON.stringify({
    problems,
    width: innerWidth,
    scroll_width: document.documentElement.scrollWidth,
    overflowing: seen.filter((e) => wide(e) && !boxed(e)).map((e) => e.outerHTML.slice(0, 80)),
    plots: document.querySelectorAll("#plot .main-svg").length,
    dots: document.querySelectorAll("#plot .scatterlayer .point").length,
    picked: document.querySelector("#picked .name")?.textContent,
    fetched: performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => !name.startsWith("data:")),
  }), "*");
}, 300));
</script>"""

FRAME = """<!doctype html><title>frame</title><body style="margin:0"><pre id="told"></pre>
<script>addEventListener("message", (event) => { document.getElementById("told").textContent = event.data; });</script>
<iframe src="page.html" scrolling="no" style="border:0;width:WIDTHpx;height:900px"></iframe>"""


def seen(page: str, width: int, folder: Path) -> dict[str, Any]:
    """Open a page in a frame of this width (a window of its own cannot be as narrow as a phone), and ask it what it sees."""
    heard = page.replace("<head>", f"<head>{LISTEN}", 1)
    (folder / "page.html").write_text(heard + TELL, encoding="utf-8")
    (folder / "frame.html").write_text(FRAME.replace("WIDTH", str(width)), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    flags += ["--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}"]
    flags += ["--window-size=1600,1000", "--virtual-time-budget=20000", "--dump-dom"]
    done = subprocess.run(
        [str(CHROMIUM), *flags, (folder / "frame.html").as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    told = re.search(r'<pre id="told">(.+?)</pre>', done.stdout, re.DOTALL)
    assert told is not None, done.stderr[-2000:]
    answer: dict[str, Any] = json.loads(html.unescape(told[1]))
    return answer


@pytest.mark.parametrize("width", [390, 1440])
def test_the_plot_is_drawn_nothing_overflows_and_nothing_is_fetched(saving: Any, width: int, tmp_path: Path) -> None:
    told = seen(render(saving), width, tmp_path)

    assert told["problems"] == []
    assert told["fetched"] == []
    assert told["plots"] > 0
    assert told["dots"] == 11  # the baseline, nine measured trials, the ring around the chosen
    assert told["picked"] == "Chosen"
    assert told["overflowing"] == []
    assert (told["width"], told["scroll_width"]) == (width, width)


def test_a_study_that_keeps_the_model_fits_a_phone(keeping: Any, tmp_path: Path) -> None:
    told = seen(render(keeping), 390, tmp_path)

    assert told["problems"] == []
    assert told["overflowing"] == []
    assert told["scroll_width"] == 390


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_of_a_disclosure_fits_and_fetches_nothing(width: int, tmp_path: Path) -> None:
    plan = tmp_path / "life.toml"
    plan.write_text(EXAMPLE.replace('"1.0"', '"a-version-that-was-named-by-a-machine-and-never-breaks-4f2a"', 1))
    page = disclosure_page.render(assess(plan, created_at="2026-11-24T12:00:00+00:00", version="0.1.0"))

    told = seen(page, width, tmp_path)

    assert told["problems"] == []
    assert told["fetched"] == []
    assert told["overflowing"] == []
    assert (told["width"], told["scroll_width"]) == (width, width)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of an audit with every kind of row: long names, two currencies, findings, rows that were no jobs."""
    head = "team,project,model,phase,state,started_at,duration_s,device,gpu_count,gpu_busy_share,provider,region,cost,currency"
    long = "a-team-whose-name-was-joined-from-many-words-and-never-breaks"
    rows = [
        f"{long},notebooks,,notebook,completed,2026-01-05T08:00:00,3600000,A100-SXM4-80GB,8,0.02,aws,us-east-1,123456.78,USD",
        f"{long},{'x' * 80},,training,failed,2026-02-05T08:00:00,360000,Tesla P100,8,0.9,gcp,us-central1,5000,EUR",
        "serving,assistant,ranker,inference,completed,2026-03-05T08:00:00,3600000,an accelerator of our own,64,0.3,,,,",
        "torn,,,,completed,2026-03-05T08:00:00,soon,,,,,,,",
    ]
    path = tmp_path_factory.mktemp("audited") / f"{'a-long-name-of-a-log-' * 4}.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    page = audit_page.render(audit([str(path)], Options(thread_count=1, out=path.parent / "out")))
    return page.replace(
        "style-src", "script-src 'unsafe-inline'; style-src", 1
    )  # the page allows no script, and ours must ask it


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_of_an_audit_fits_and_fetches_nothing(audited: str, width: int, tmp_path: Path) -> None:
    told = seen(audited, width, tmp_path)

    assert told["problems"] == []
    assert told["fetched"] == []
    assert told["overflowing"] == []
    assert (told["width"], told["scroll_width"]) == (width, width)
