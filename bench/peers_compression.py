"""``python bench/peers_compression.py [NAME …]``: greenwright beside the one-line flows of others, on five models and their data.

Workloads: ``digits``, ``spoken_digits``, ``cifar10``, ``minilm`` (STS-B) and ``sst2``. Every flow makes its model in one call or
command with its own defaults, in the environment of its tool, and is judged on the whole test set by the same non-inferiority test, at
one point, as greenwright's choice. Energy is CPU-seconds per 1,000 examples at batch 1 and 32, one thread, each model in a fresh
process, in turn. A flow that fails is a row with its error.

Models that were made, environments and studies are kept in ``bench/.cache/peers``, readings in ``bench/results``, workload by workload
and group of flows by group: a bench that was interrupted goes on. ``--anew FLOW`` makes that flow's model again; ``--drawn`` only adds
up what is there.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from statistics import geometric_mean
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "workloads"))
sys.path.insert(0, str(Path(__file__).parent / "peer_flows"))

import numpy as np
from environments import CACHE, NoEnvironmentError, python_of, versions
from flows import ALL, ALWAYS, EAGER, FLOWS, FOR_MANY, GREENWRIGHT, GROUPS, OURS_OF, Flow
from task import Task

from false_passes import simulated
from greenwright.batches import each, named
from greenwright.deploy.export import to_onnx
from greenwright.meter.cpu_model import busy_power
from greenwright.offline import send_nothing
from greenwright.study import proof
from greenwright.study.data import Split, split_of
from greenwright.study.quality import quality_of
from side_by_side import RESULTS, batches_of, keep, ratios

HERE = Path(__file__).parent
MAX_DROP, CONFIDENCE = 0.01, 0.95
BATCHES = (1, 32)
ROUNDS, WINDOW_S = 6, 0.3
"""Six rounds: the least and the greatest of six ratios hold their true median with 97 %."""
WITHIN = 1.1
"""A peer's flow that needs no more than this many times what ours needs reaches about the same."""
MAKE_S = 7_200
RESULT = "peers_compression"
QUIET = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "HF_HUB_OFFLINE", "DO_NOT_TRACK"), "1")


class Server:
    """A flow's model in a process of its own."""

    def __init__(self, flow: Flow, name: str) -> None:
        self.log = (_folder(flow, name) / "serve.log").open("w")
        self.process = subprocess.Popen(
            _command("serve", flow, name), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
            env=os.environ | QUIET,
        )  # fmt: skip
        self._hear(flow)
        self.flow = flow

    def ask(self, order: str) -> dict[str, Any]:
        """What it answers to a line.

        Raises:
            RuntimeError: it ended instead.
        """
        assert self.process.stdin is not None
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        return self._hear(self.flow)

    def run(self, batch: int, passes: int) -> float:
        """CPU-seconds per 1,000 examples."""
        return float(self.ask(f"run {batch} {passes}")["cpu_s"])

    def stop(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
        self.log.close()

    def _hear(self, flow: Flow) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise RuntimeError(_last_error(Path(self.log.name)) or f"{flow.name} ended with {self.process.returncode}")
        said: dict[str, Any] = json.loads(line)
        return said


def run(name: str, groups: tuple[str, ...], anew: list[str], without: list[str]) -> Iterator[dict[str, Any]]:
    """Every flow on one workload, a group of flows at a time: quality with its proof, cost to make, and readings."""
    workload = import_module(name).workload()
    splits = {part: split_of(part, getattr(workload, part), workload.collate) for part in ("validation", "test")}
    _keep_task(name, workload, splits)
    for flow in FLOWS:
        if flow.name in anew:
            shutil.rmtree(_folder(flow, name), ignore_errors=True)
    for group in groups:
        flows = [
            flow for flow in FLOWS if name in flow.workloads and flow.group in {group, ALWAYS} and flow.name not in without
        ]
        rows: dict[str, dict[str, Any]] = {}
        servers: dict[str, Server] = {}
        for flow in flows:
            rows[flow.name] = _made(flow, name)
            print(f"{name}: {flow.name}: {rows[flow.name]}", flush=True)
        try:
            for flow in flows:
                if "error" not in rows[flow.name]:
                    _answered(flow, name, rows[flow.name], servers)
            _judge(name, workload, splits["test"], rows)
            readings = {str(batch): _readings(servers, batch) for batch in BATCHES}
        finally:
            for server in servers.values():
                server.stop()
        yield {"max_drop": MAX_DROP, "test_example_count": len(splits["test"]), "rows": rows, "readings": {group: readings}}


def _keep_task(name: str, workload: Any, splits: dict[str, Split]) -> None:
    folder = CACHE / name
    folder.mkdir(parents=True, exist_ok=True)
    onnx = folder / "exported.onnx"
    validation, test = splits["validation"], splits["test"]
    source = validation if workload.train is None else split_of("train", workload.train, workload.collate)
    if not onnx.exists():
        varied = [inputs for size in (2, 3, 5) for inputs in batches_of(validation, size, 7)]
        to_onnx(workload.model, varied, onnx)
    Task(
        name=name,
        onnx=onnx,
        hugging_face=_hugging_face(name),
        attends=name in {"minilm", "sst2"},
        calibration=[_named(inputs) for inputs in batches_of(source, 32, 8)],
        test=[_named(inputs) for inputs, _ in test.batches(32)],
        timed={batch: [_named(inputs) for inputs in batches_of(validation, batch, max(4, 64 // batch))] for batch in BATCHES},
    ).keep(folder / "task.pickle")


def _hugging_face(name: str) -> Path | None:
    if name == "sst2":
        return Path(import_module("sst2").FOLDER)
    return Path(import_module("minilm").model_folder()) if name == "minilm" else None


def _named(inputs: Any) -> dict[str, Any]:
    return named(each(np.asarray, inputs))


# --- making, answering, judging ---


def _made(flow: Flow, name: str) -> dict[str, Any]:
    """What making the flow's model took, or its error; known from an earlier run where there was one."""
    folder = _folder(flow, name)
    known = folder / "made.json"
    if known.exists():
        found: dict[str, Any] = json.loads(known.read_text().replace(f"{HERE.parent}/", ""))
        return found
    folder.mkdir(parents=True, exist_ok=True)
    made = _make(flow, name, folder)
    known.write_text(json.dumps(made))
    return made


def _make(flow: Flow, name: str, folder: Path) -> dict[str, Any]:
    try:
        command = _command("make", flow, name)
    except NoEnvironmentError as error:
        return {"error": f"it could not be installed: {error}"}
    log = folder / "make.log"
    with log.open("w") as kept:
        try:
            done = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=kept, text=True, check=False, timeout=MAKE_S, env=os.environ | QUIET
            )
        except subprocess.TimeoutExpired:
            return {"error": f"it did not end within {MAKE_S / 3600:.0f} hours"}
    if done.returncode or not done.stdout.strip():
        return {"error": _last_error(log) or f"it ended with {done.returncode}"}
    made: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    if "on_top_of" in made:
        before = next(one for one in FLOWS if one.name == made["on_top_of"])
        made["cpu_s"] += json.loads((_folder(before, name) / "made.json").read_text()).get("cpu_s", 0.0)
    return made | {"energy_j": made["cpu_s"] * busy_power().value}


def _answered(flow: Flow, name: str, row: dict[str, Any], servers: dict[str, Server]) -> None:
    """Start the flow's process and let it answer the test set; one that fails ends as a row with its error."""
    try:
        server = Server(flow, name)
        answers = _folder(flow, name) / "answers.npy"
        if not answers.exists():  # of the same model, they stay what they were
            server.ask(f"answer {answers}")
        for batch in BATCHES:
            server.run(batch, 1)
    except RuntimeError as error:
        row["error"] = str(error)
        print(f"{name}: {flow.name}: {error}", flush=True)
        return
    servers[flow.name] = server


def _judge(name: str, workload: Any, test: Split, rows: dict[str, dict[str, Any]]) -> None:
    """The same non-inferiority test for all, on the same examples."""
    quality = quality_of(workload.quality)
    targets: Any = np.concatenate([np.asarray(target) for _, target in test.batches(256)])

    def answers(flow: Flow) -> Any:
        outputs: Any = np.load(_folder(flow, name) / "answers.npy")
        return np.asarray(quality.reduce(outputs)) if quality.reduce else outputs

    if quality.reduce:
        targets = targets[:: workload.group_size]
    baseline = answers(FLOWS[0])
    for flow in FLOWS:
        row = rows.get(flow.name)
        if row is None or "error" in row:
            continue
        found = proof.prove(quality, baseline, answers(flow), targets, max_drop=MAX_DROP, confidence=CONFIDENCE)
        row["quality"] = found.candidate
        row["drop"] = found.drop.value
        row["drop_bound"] = found.drop.high
        row["proven"] = found.passed
        print(f"{name}: {flow.name}: {found.candidate:.4f}, bound {found.drop.high:.4f}", flush=True)


def _readings(servers: dict[str, Server], batch: int) -> dict[str, list[float]]:
    """CPU-seconds per 1,000 examples of every flow, round by round, forwards and backwards in turn."""
    passes = {
        flow: max(1, math.ceil(WINDOW_S / float(server.ask(f"run {batch} 1")["pass_cpu_s"])))
        for flow, server in servers.items()
    }
    taken: dict[str, list[float]] = {flow: [] for flow in servers}
    for number in range(ROUNDS):
        for flow in servers if number % 2 == 0 else reversed(servers):
            taken[flow].append(servers[flow].run(batch, passes[flow]))
    return taken


def _folder(flow: Flow, name: str) -> Path:
    return CACHE / name / flow.folder


def _command(order: str, flow: Flow, name: str) -> list[str]:
    task, folder = CACHE / name / "task.pickle", _folder(flow, name)
    folder.mkdir(parents=True, exist_ok=True)
    process = HERE / "peer_flows" / "process.py"
    return [str(part) for part in (python_of(flow.environment), process, order, flow.tool, flow.name, task, folder)]


def _last_error(log: Path) -> str:
    """The last line of a log that names an error; folders as seen from the checkout, since readings are committed."""
    said = log.read_text(errors="replace").replace(f"{HERE.parent}/", "")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    named_so = [line for line in lines if "Error" in line.split(":")[0] or "Exception" in line.split(":")[0]]
    return (named_so or lines or [""])[-1][:300]


# --- adding up ---


def compared(found: dict[str, Any]) -> dict[str, Any]:
    """One workload's readings as ratios: each flow against PyTorch eager, and greenwright against the best peer that reaches.

    Every ratio is of two flows that were measured in turn; peers of different groups are ranked by what they save against eager.
    """
    rows = found["rows"]
    result: dict[str, Any] = {"ours": {}, "ratios": {}, "best_peer": {}, "against_best_peer": {}, "search": {}}
    for batch in map(str, BATCHES):
        ours = result["ours"][batch] = next((flow for flow in OURS_OF[int(batch)] if rows.get(flow, {}).get("proven")), EAGER)
        groups = [readings[batch] for readings in found["readings"].values()]
        group_of = {flow: taken for taken in groups for flow in taken}
        result["ratios"][batch] = {flow: ratios(taken, EAGER, flow) for flow, taken in group_of.items()}
        reaching = {
            flow: ratios(taken, flow, ours)
            for flow, taken in group_of.items()
            if rows[flow].get("proven") and flow not in {EAGER, GREENWRIGHT, FOR_MANY} and ours in taken
        }
        best = min(reaching, key=lambda flow: reaching[flow][0])
        result["best_peer"][batch] = best
        result["against_best_peer"][batch] = reaching[best]
        result["search"][batch] = _search(rows, reaching, ours)
    return result


def _search(rows: dict[str, Any], reaching: dict[str, tuple[float, float, float]], ours: str) -> dict[str, Any]:
    """What our search cost, against the cheapest flow of a peer that needs no more than a tenth more than our model."""
    cost = rows[ours].get("cpu_s")
    near = [flow for flow, (middle, _, _) in reaching.items() if middle <= WITHIN]
    if not near:
        return {"cpu_s": cost, "against": None}
    cheapest = min(near, key=lambda flow: float(rows[flow]["cpu_s"]))
    return {"cpu_s": cost, "against": cheapest, "against_cpu_s": rows[cheapest]["cpu_s"]}


def totals(workloads: dict[str, Any]) -> dict[str, Any]:
    """Geometric means over the workloads."""
    result: dict[str, Any] = {}
    for batch in map(str, BATCHES):
        eager = [one["ratios"][batch][one["ours"][batch]][0] for one in workloads.values()]
        peers = [one["against_best_peer"][batch][0] for one in workloads.values()]
        result[batch] = {"against_eager": geometric_mean(eager), "against_best_peer": geometric_mean(peers)}
    return result


def table(name: str, found: dict[str, Any]) -> str:
    """For people: a row a flow."""
    lines = [
        f"\n{name}",
        f"{'flow':38} {'quality':>8} {'bound':>7} {'proven':>6} {'batch 1':>8} {'batch 32':>8} {'made for':>12}",
    ]
    for flow, row in found["rows"].items():
        if "error" in row:
            lines.append(f"{flow:38} {row['error'][:100]}")
            continue
        one, many = (found["ratios"][str(batch)][flow][0] for batch in BATCHES)
        lines.append(
            f"{flow:38} {row['quality']:8.4f} {row['drop_bound']:7.4f} {'yes' if row['proven'] else 'no':>6}"
            f" {one:7.2f}x {many:7.2f}x {row['cpu_s']:6.0f} CPU-s"
        )
    for batch, ratio in found["against_best_peer"].items():
        against = f"{found['ours'][batch]} needs {ratio[0]:.2f} times less than {found['best_peer'][batch]}"
        lines.append(f"batch {batch}: {against} ({ratio[1]:.2f}-{ratio[2]:.2f})")
    return "\n".join(lines)


def _known() -> dict[str, Any]:
    path = RESULTS / f"{RESULT}.json"
    found: dict[str, Any] = json.loads(path.read_text()).get("workloads", {}) if path.exists() else {}
    return found


def _merged(known: dict[str, Any], found: dict[str, Any], anew: list[str]) -> dict[str, Any]:
    """What was measured before, with one more group; of models that were made anew nothing older is kept."""
    stale = set(found["readings"]) | (set(known.get("readings", {})) if anew else set())
    readings = {group: taken for group, taken in known.get("readings", {}).items() if group not in stale}
    merged = found | {"rows": known.get("rows", {}) | found["rows"], "readings": readings | found["readings"]}
    ordered = {flow.name: merged["rows"][flow.name] for flow in FLOWS if flow.name in merged["rows"]}
    merged["rows"] = ordered
    return merged | compared(merged)


def _keep(workloads: dict[str, Any]) -> None:
    ordered = {name: workloads[name] | compared(workloads[name]) for name in ALL if name in workloads}
    content = {
        "unit": "CPU-seconds per 1,000 examples, one thread, interleaved rounds",
        "versions": {environment: versions(environment) for environment in sorted({flow.environment for flow in FLOWS} - {""})},
        "geometric_means": totals(ordered),
        "false_passes": _false_passes(),
        "workloads": ordered,
    }
    print(json.dumps(content["geometric_means"], indent=1), keep(RESULT, content))


def _false_passes() -> Any:
    """Simulated once, from what was answered on CIFAR-10; None before that."""
    path, folder = CACHE / "false_passes.json", CACHE / "cifar10"
    if not path.exists():
        kept = [folder / flow.folder / "answers.npy" for flow in FLOWS if flow.name in {EAGER, GREENWRIGHT}]
        if not all(one.exists() for one in kept):
            return None
        _, labels = import_module("cifar10").read("test")
        path.write_text(json.dumps(simulated(*(np.load(one).argmax(1) == labels for one in kept))))
    return json.loads(path.read_text())


def main() -> None:
    """Run what was asked for, and keep it after each group of flows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workloads", nargs="*", default=ALL)
    parser.add_argument("--groups", nargs="*", default=GROUPS, help="of flows; all by default")
    parser.add_argument("--anew", nargs="*", default=[], metavar="FLOW", help="make these models again")
    parser.add_argument("--without", nargs="*", default=[], metavar="FLOW", help="leave these out")
    parser.add_argument("--drawn", action="store_true", help="add up what was measured, measure nothing")
    asked = parser.parse_args()
    for name in () if asked.drawn else asked.workloads:
        anew = list(asked.anew)
        for found in run(name, tuple(asked.groups), anew, asked.without):
            workloads = _known()
            workloads[name] = _merged(workloads.get(name, {}), found, anew)
            anew = []
            print(table(name, workloads[name]), flush=True)
            _keep(workloads)
    if asked.drawn:
        workloads = {name: found | compared(found) for name, found in _known().items()}
        print("\n".join(table(name, found) for name, found in workloads.items()))
        _keep(workloads)


if __name__ == "__main__":
    send_nothing()
    main()
