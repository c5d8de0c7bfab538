"""greenwright, CodeCarbon, Zeus, carbontracker and perun on the same fake machines of known energy: error, cost, crash loss.

Needs root on Linux: each tool sees its tree where the kernel would show it, in a mount namespace of its own. Environments for the
peers are made in ``bench/.cache/meters``, where they are not there yet. ``python bench/meters.py`` prints tables and keeps all readings
in ``bench/results/meters.json``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from meters_tree import Tree, scenarios

HERE = Path(__file__).parent
CACHE = HERE / ".cache" / "meters"
PEERS = {
    "codecarbon": "codecarbon==3.3.2",
    "zeus": "zeus==0.16.0",
    "carbontracker": "carbontracker==2.4.7",
    "perun": "perun==1.0.0",
}
TOOLS = ("greenwright", *PEERS)
LIMIT_S = 45.0
"""What a tool may take beside the time it measures."""
END_S = 10.0
"""What it may take to end once it has said all."""
FRESH: set[str] = set()


@dataclass(kw_only=True)
class Ran:
    """One tool on one tree."""

    tool: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    recovered: dict[str, float] = field(default_factory=dict)
    crash_truth: dict[str, float] = field(default_factory=dict)
    orphans: int = 0

    @property
    def facts(self) -> dict[str, Any]:
        """Everything it printed."""
        return {key: value for line in self.lines for key, value in line.items()}


def python_of(tool: str) -> Path:
    """The interpreter that has the tool, made where it is missing."""
    folder = CACHE / tool
    python = folder / "bin" / "python"
    if tool == "greenwright" and tool not in FRESH:  # what is in the working tree now
        FRESH.add(tool)
        shutil.rmtree(folder, ignore_errors=True)
    if not python.exists():
        print(f"making an environment for {tool}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        if tool != "none":
            what = str(HERE.parent) if tool == "greenwright" else PEERS[tool]
            subprocess.run([python, "-m", "pip", "install", "-q", what], check=True)
    return python


def environment(tree: Tree, tool: str) -> dict[str, str]:
    """What the driver needs to find its tree; the tool's own settings are left alone."""
    programs = tree.folder / "bin"
    programs.mkdir(exist_ok=True)
    if tree.gpu_powers_w:  # CodeCarbon looks for GPUs only where there is nvidia-smi
        (programs / "nvidia-smi").write_text("#!/bin/sh\nexit 0\n")
        (programs / "nvidia-smi").chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {
        "FAKE_FOLDER": str(tree.folder),
        "FAKE_TRUTH": str(tree.folder / "truth.json"),
        "PYTHONPATH": f"{HERE / 'fake_nvml'}:{HERE / 'drivers'}",
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(tree.folder),
        "GREENWRIGHT_HOME": str(tree.folder / "home"),
        "METERS_TOOL": tool,
    }


def start(tree: Tree, tool: str, *arguments: str) -> subprocess.Popen[str]:
    """The driver, in a namespace in which the tree is the machine's powercap."""
    hidden = f"mount -t tmpfs tmpfs /sys/class && ln -s {tree.folder}/powercap /sys/class/powercap"
    command = f'{hidden} && exec "{python_of(tool)}" "{HERE / "drivers" / f"{tool}_driver.py"}" {" ".join(arguments)}'
    with (tree.folder / "errors.txt").open("a") as errors:
        return subprocess.Popen(
            ["unshare", "-m", "sh", "-c", command],
            env=environment(tree, tool),
            cwd=tree.folder,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )


def told(driver: subprocess.Popen[str], limit_s: float, *, until: int = sys.maxsize) -> list[str]:
    """What the driver prints, until it closes its output, has said ``until`` things, or has had its time.

    Whoever it started may keep its output open: all of its group ends with it.
    """
    killer = threading.Timer(limit_s, end, [driver])
    killer.start()
    assert driver.stdout is not None
    lines: list[str] = []
    for line in driver.stdout:
        lines.append(line.strip())
        if line.startswith('@{"said"'):
            threading.Timer(END_S, end, [driver]).start()
        if sum(one.startswith("@") for one in lines) >= until:
            break
    killer.cancel()
    return lines


def end(driver: subprocess.Popen[str]) -> None:
    """Kill the driver and all it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(driver.pid, signal.SIGKILL)


def run(tree: Tree, tool: str, duration_s: float) -> Ran:
    """Measure for a while; whatever happens to the tree happens in the middle of it."""
    tree.happens_s = duration_s / 2 + 0.37  # at no tool's look
    ran, began_s = Ran(tool=tool), time.monotonic()
    with tree:
        driver = start(tree, tool, str(duration_s))
        limit_s = duration_s + LIMIT_S
        ran.lines = [json.loads(line[1:]) for line in told(driver, limit_s) if line.startswith("@")]
        driver.wait()
        end(driver)
        if "said" not in ran.facts:
            late = f"ended after {limit_s:.0f} s; " if time.monotonic() - began_s >= limit_s else ""
            said = (tree.folder / "errors.txt").read_text().strip().splitlines()
            ran.error = late + (said or [f"exit code {driver.returncode}"])[-1]
    return ran


def crash(tree: Tree, tool: str, after_s: float) -> Ran:
    """Kill the driver without warning while it measures, and see what is left."""
    ran = Ran(tool=tool)
    with tree:
        driver = start(tree, tool, "600")
        if not told(driver, LIMIT_S, until=1):
            ran.error = "did not start"
            return ran
        time.sleep(after_s)
        os.kill(driver.pid, signal.SIGKILL)
        after = json.loads((tree.folder / "truth.json").read_text())
        driver.wait()
        time.sleep(2.5)
        ran.orphans = sum(_belongs(pid, tree, tool) for pid in _pids())
        end(driver)
        for pid in _pids():
            if _belongs(pid, tree, tool):
                os.kill(pid, signal.SIGKILL)
        ran.crash_truth = {name: after[name] for name in ("cpu_j", "dram_j")}
        said = told(start(tree, tool, "recover"), LIMIT_S)
        last = (said or ["{}"])[-1]
        ran.recovered = json.loads(last.replace("'", '"')) if last.startswith("{") else {}
    return ran


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _belongs(pid: int, tree: Tree, tool: str) -> bool:
    """Only what this bench started has both in its environment."""
    try:
        given = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return f"FAKE_FOLDER={tree.folder}\0".encode() in given and f"METERS_TOOL={tool}\0".encode() in given


def trees(tools: tuple[str, ...], which: str) -> dict[str, Tree]:
    """One tree a tool, all alike."""
    return {tool: scenarios(Path(tempfile.mkdtemp(prefix="meters-")))[which] for tool in tools}


def accuracy(tools: tuple[str, ...], duration_s: float) -> dict[str, dict[str, Ran]]:
    """Every scenario, all tools at once, each on a tree of its own."""
    found = {}
    for which in scenarios(Path("unused")):
        print(f"{time.strftime('%X')} tree: {which}", file=sys.stderr)
        own = trees(tools, which)
        with ThreadPoolExecutor(len(tools)) as pool:
            found[which] = dict(
                zip(tools, pool.map(lambda tool, own=own: run(own[tool], tool, duration_s), tools), strict=True)
            )
        for tree in own.values():
            shutil.rmtree(tree.folder.parent)
    return found


def costs(tools: tuple[str, ...], rounds: int, duration_s: float) -> dict[str, list[Ran]]:
    """The constant tree, one tool after another, round by round."""
    found: dict[str, list[Ran]] = {tool: [] for tool in tools}
    for number in range(rounds):
        print(f"{time.strftime('%X')} costs: round {number + 1} of {rounds}", file=sys.stderr)
        for tool in tools:
            tree = trees((tool,), "memory too, 20 W")[tool]
            found[tool].append(run(tree, tool, duration_s))
            shutil.rmtree(tree.folder.parent)
    return found


def crashes(tools: tuple[str, ...], after_s: float) -> dict[str, Ran]:
    """One kill a tool, all at once."""
    own = trees(tools, "memory too, 20 W")
    with ThreadPoolExecutor(len(tools)) as pool:
        found = dict(zip(tools, pool.map(lambda tool: crash(own[tool], tool, after_s), tools), strict=True))
    for tree in own.values():
        shutil.rmtree(tree.folder.parent)
    return found


def size_bytes(tool: str) -> int:
    """What installing it brought, beyond pip and setuptools."""
    folder = next((CACHE / tool / "lib").glob("python*/site-packages"))
    skipped = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence")
    chosen = [one for one in folder.iterdir() if not one.name.startswith(skipped)]
    files = [path for one in chosen for path in ([one] if one.is_file() else one.rglob("*")) if path.is_file()]
    return sum(path.stat().st_size for path in files if "__pycache__" not in path.parts)


def error_text(which: str, ran: Ran) -> str:
    """How far the tool's joules are from the truth, for what the scenario is about."""
    if ran.error:
        return "fails"
    names = ("gpu_j",) if "GPU" in which else ("cpu_j", "dram_j") if "memory" in which else ("cpu_j",)
    said, truth = (sum(ran.facts[key].get(name, 0.0) for name in names) for key in ("said", "truth"))
    return "nothing" if said == 0 else f"{said / truth - 1:+.3%}"


def table(heads: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    for row in [heads, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--duration", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", action="store_true", help="only what is installed, in place of what the results say of it")
    given = parser.parse_args()
    if sys.platform != "linux" or os.geteuid() != 0:
        sys.exit("this bench needs root on Linux, for a mount namespace a tool")
    tools = tuple(given.tools.split(","))
    for tool in tools:
        python_of(tool)
    if given.sizes:
        keep_sizes(tools)
        return
    exact, dear = accuracy(tools, given.duration), costs((*tools, "none"), given.rounds, 2 * given.duration)
    killed = crashes(tools, given.duration + 0.5)
    sizes = {tool: size_bytes(tool) for tool in tools}

    print("error, against the tree's own joules")
    table(["tree", *tools], [[which, *(error_text(which, ran[tool]) for tool in tools)] for which, ran in exact.items()])

    def middle(tool: str, name: str) -> float:
        return median([float(ran.facts[name]) for ran in dear[tool] if not ran.error] or [math.nan])

    own = {name: middle("none", name) for name in ("all_cpu_s", "during_cpu_s")}
    print("what it costs")
    rows = [
        ["CPU seconds a run, beyond bare Python", *(f"{middle(tool, 'all_cpu_s') - own['all_cpu_s']:.3f}" for tool in tools)],
        [
            "share of one CPU while it measures",
            *(f"{(middle(tool, 'during_cpu_s') - own['during_cpu_s']) / (2 * given.duration):.4%}" for tool in tools),
        ],
        ["seconds until it measures", *(f"{middle(tool, 'started_s'):.2f}" for tool in tools)],
        ["installed, MB", *(f"{sizes[tool] / 1e6:.1f}" for tool in tools)],
        ["lost by kill -9", *(_lost(killed[tool]) for tool in tools)],
        ["processes left behind by kill -9", *(str(killed[tool].orphans) for tool in tools)],
    ]
    table(["", *tools], rows)
    keep(given, exact, dear, killed, sizes)


def _lost(ran: Ran) -> str:
    if ran.error:
        return "fails"
    if "cpu_j" not in ran.recovered:
        return "all"
    return f"{(ran.crash_truth['cpu_j'] - ran.recovered['cpu_j']) / 100:.2f} s"


def keep_sizes(tools: tuple[str, ...]) -> None:
    """Sizes alone, into the results that are there."""
    path = HERE / "results" / "meters.json"
    content = json.loads(path.read_text())
    content["installed_bytes"] |= {tool: size_bytes(tool) for tool in tools}
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(content["installed_bytes"])


def keep(given: argparse.Namespace, exact: Any, dear: Any, killed: Any, sizes: dict[str, int]) -> None:
    """All readings, for those who want to reckon for themselves."""
    content = {
        "machine": {"system": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()},
        "load_1_min": os.getloadavg()[0],
        "duration_s": given.duration,
        "peers": PEERS,
        "accuracy": {which: {tool: vars(ran) for tool, ran in row.items()} for which, row in exact.items()},
        "costs": {tool: [vars(ran) for ran in runs] for tool, runs in dear.items()},
        "crashes": {tool: vars(ran) for tool, ran in killed.items()},
        "installed_bytes": sizes,
    }
    path = HERE / "results" / "meters.json"
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(f"readings in {path.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
