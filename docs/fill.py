"""Fill what the documents take from elsewhere: programs, and tables of what the code says of itself.

A part to fill stands between ``<!-- from: SOURCE -->`` and ``<!-- end -->``. SOURCE is the path of a program, from the root of the
project, or the name of a table below. ``python docs/fill.py`` fills all; with ``--check`` it only says which parts are stale.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import typer.main

from greenwright import registry
from greenwright.catalogue.load import factors
from greenwright.cli.exit_codes import MEANINGS
from greenwright.cli.main import COMMANDS, app
from greenwright.strategies.contract import OneOf
from greenwright.study.quality import NAMED

ROOT = Path(__file__).parents[1]
PART = re.compile(r"(<!-- from: (?P<source>\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def documents(root: Path) -> list[Path]:
    """Every page: those at the root, and those in ``docs``."""
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])


def filled(text: str) -> str:
    """The same page, its parts as they should be."""
    return PART.sub(lambda part: part[1] + _content(part["source"]) + part[3], text)


def _content(source: str) -> str:
    if source in TABLES:
        return "\n".join(TABLES[source]()) + "\n"
    return f"```python\n{(ROOT / source).read_text(encoding='utf-8')}```\n"


def _strategies() -> Iterator[str]:
    rows = []
    for name, module in registry.load_all("strategies").items():
        meta = module.META
        needs = ", ".join(sorted(need.value for need in meta.needs)) or "nothing more"
        choices = "<br>".join(f"`{choice}` {_range(allowed)}" for choice, allowed in meta.choices.items()) or "none"
        rows.append((f"`{name}`", meta.title, meta.stage.value, needs, choices, _link(meta.source)))
    return _table(("id", "what it does", "stage", "needs", "choices (default)", "source"), rows)


def _range(choice: Any) -> str:
    if isinstance(choice, OneOf):
        first, *others = map(str, choice.options)
        return " or ".join([f"**{first}**", *others])
    return f"{choice.low:g} to {choice.high:g} ({choice.default:g})"


def _probes() -> Iterator[str]:
    rows = []
    for name, module in registry.load_all("probes").items():
        meta = module.META
        rows.append((f"`{name}`", meta.title, meta.covers, meta.leaves_out, meta.grade.value, _link(meta.source)))
    return _table(("id", "what it reads", "covers", "leaves out", "grade", "source"), rows)


def _sinks() -> Iterator[str]:
    rows = []
    for name, module in registry.load_all("sinks").items():
        meta = module.META
        rows.append(
            (
                f"`{name}`",
                meta.title,
                f"`{meta.example}`",
                "while measuring" if meta.live else "afterwards",
                f"`{meta.extra}`" if meta.extra else "none",
                _link(meta.source),
            )
        )
    return _table(("id", "what it writes", "example", "written", "extra", "source"), rows)


def _sources() -> Iterator[str]:
    rows = []
    for name, module in registry.load_all("sources").items():
        meta = module.META
        what = f"{', '.join(meta.signals)}; {', '.join(meta.boundaries)}"
        needs = ", ".join(f"`{one}`" for one in meta.needs) or "nothing more"
        rows.append((f"`{name}`", meta.title, what, meta.zones, meta.clock, needs))
    return _table(("id", "whose", "which number", "zones", "clock", "needs"), rows)


def _runtimes() -> Iterator[str]:
    metas = {name: module.META for name, module in registry.load_all("runtimes").items()}
    return _table(
        ("id", "what runs the model", "extra"), [(f"`{name}`", meta.title, f"`{meta.extra}`") for name, meta in metas.items()]
    )


def _guards() -> Iterator[str]:
    metas = {name: module.META for name, module in registry.load_all("guards").items()}
    return _table(("id", "the mistake", "source"), [(f"`{name}`", one.title, _link(one.source)) for name, one in metas.items()])


def _formats() -> Iterator[str]:
    metas = {name: module.META for name, module in registry.load_all("formats").items()}
    rows = [(f"`{name}`", one.title, one.leaves_blank, _link(one.source)) for name, one in metas.items()]
    return _table(("id", "what it is", "leaves blank", "who says what it must be"), rows)


def _readers() -> Iterator[str]:
    metas = {name: module.META for name, module in registry.load_all("readers").items()}
    return _table(
        ("id", "what it reads", "what that says"), [(f"`{name}`", one.title, one.says) for name, one in metas.items()]
    )


def _findings() -> Iterator[str]:
    metas = {name: module.META for name, module in registry.load_all("findings").items()}
    rows = [(f"`{name}`", one.title, f"`{one.action}`", one.source) for name, one in metas.items()]
    return _table(("id", "what the records show", "acts on it", "the saving that is expected"), rows)


def _policies() -> Iterator[str]:
    metas = {name: module.META for name, module in registry.load_all("policies").items()}
    rows = [(f"`{name}`", meta.title, meta.exact, _link(meta.source)) for name, meta in metas.items()]
    return _table(("id", "what it does", "none is cheaper", "source"), rows)


def _metrics() -> Iterator[str]:
    rows = [(f"`{name}`", "more" if known.higher_is_better else "less", known.loss or "none") for name, known in NAMED.items()]
    return _table(("metric", "better is", "loss it implies"), rows)


def _exit_codes() -> Iterator[str]:
    return _table(("code", "meaning"), [(str(int(code)), meaning) for code, meaning in MEANINGS.items()])


def _options() -> Iterator[str]:
    group: Any = typer.main.get_command(app)
    for name, command in COMMANDS.items():
        yield from (f"### `greenwright {name}`", "", command.title, "")
        with group.make_context("greenwright", ["doctor"]) as context:
            _, loaded, _ = group.resolve_command(context, [name])
        yield from _parameters(loaded)
        for inner, own in getattr(loaded, "commands", {}).items():
            yield from (f"#### `greenwright {name} {inner}`", "", own.help.partition("\n")[0], "")
            yield from _parameters(own)


def _parameters(command: Any) -> Iterator[str]:
    rows = [(f"`{'` `'.join(_names(one))}`", one.help or "", _default(one)) for one in command.params]
    yield from _table(("option", "what it does", "default"), rows)
    yield ""


def _names(parameter: Any) -> Sequence[str]:
    return [parameter.metavar or parameter.name.upper()] if parameter.param_type_name == "argument" else parameter.opts


def _default(parameter: Any) -> str:
    unsaid = parameter.required or parameter.default is None or parameter.default is False or parameter.default == ""
    return "" if unsaid else f"`{parameter.default}`"


def _extras() -> Iterator[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = project["optional-dependencies"].items()
    return _table(("extra", "brings"), [(f"`{name}`", ", ".join(f"`{one}`" for one in brought)) for name, brought in declared])


def _layers() -> Iterator[str]:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in linter["contracts"] if contract["type"] == "layers")
    return iter(["```", *layers, "```"])


def _cpu_power() -> Iterator[str]:
    rows = [
        (f"`{key}`", one.title, f"{one.value:g}", f"{one.low:g} to {one.high:g}", str(one.year))
        for key, one in factors("cpu_power").items()
    ]
    return _table(("key", "CPU", "W per busy logical CPU", "range", "source of"), rows)


def _results() -> Iterator[str]:
    rows = []
    for path in sorted((ROOT / "bench" / "results").glob("optimize_*.json")):
        kept = json.loads(path.read_text(encoding="utf-8"))
        certificate = kept["study"]["certificate"]
        for batch, readings in kept["readings"].items():
            first, *others, last = readings
            times = [base / own for base, own in zip(readings[first], readings[last], strict=True)]
            cpu_s = [f"{median(readings[name]):.3g}" for name in (first, *others, last)]
            rows.append(
                (
                    kept["study"]["name"],
                    batch,
                    *cpu_s,
                    f"{median(times):.1f} ({min(times):.1f} to {max(times):.1f})",
                    _held(certificate),
                )
            )
    heads = (
        "workload",
        "batch",
        "PyTorch eager",
        "ONNX Runtime, untouched",
        "greenwright",
        "times less",
        "quality lost at most",
    )
    return _table(heads, rows) if rows else iter(["No results are kept yet."])


def _peers() -> Iterator[str]:
    kept = json.loads((ROOT / "bench" / "results" / "peers_compression.json").read_text(encoding="utf-8"))
    rows = []
    for name, found in kept["workloads"].items():
        for batch, ours in found["ours"].items():
            times, ahead = found["ratios"][batch][ours], found["against_best_peer"][batch]
            best = found["best_peer"][batch]
            rows.append(
                (
                    f"`{name}`",
                    batch,
                    f"{times[0]:.1f}",
                    best,
                    f"{found['ratios'][batch][best][0]:.1f}",
                    f"{ahead[0]:.2f} ({ahead[1]:.2f} to {ahead[2]:.2f})",
                    f"{found['rows'][ours]['cpu_s']:.0f}",
                )
            )
    heads = ("workload", "batch", "greenwright", "best of the others", "its times less", "ahead by", "CPU-s of our search")
    return _table(heads, rows)


def _oracle_share() -> Iterator[str]:
    kept = json.loads((ROOT / "bench" / "results" / "oracle_share.json").read_text(encoding="utf-8"))
    rows = []
    for row in kept["job_6_h_in_24_h"]:
        ours, habit = row["ours"], row["mean_of_7_days"]["captured_share"]
        shares = (
            f"{ours['oracle_saving_share']:.1%}",
            f"{ours['captured_share']:.2f}",
            f"{habit:.2f}",
            f"{ours['saving_share']:.1%}",
        )
        rows.append((row["zone"], "given" if row["weather"] else "", *shares, f"{row['energy_j']:.2g} J"))
    heads = ("zone", "weather", "the oracle saves", "share caught", "by the mean of 7 days", "saves", "energy of forecasting")
    return _table(heads, rows)


def _lets_wait_awhile() -> Iterator[str]:
    kept = json.loads((ROOT / "bench" / "results" / "lets_wait_awhile.json").read_text(encoding="utf-8"))
    rows = []
    for kind in kept["strict"]["DE"]["training_saving_percent"]:
        for error, words in (("e0", "none"), ("e5", "5 %")):
            ways = [
                ", ".join(f"{kept[way][region]['training_saving_percent'][kind][error]:.2f}" for region in ("DE", "GB", "FR"))
                for way in ("as_published", "strict")
            ]
            rows.append((kind.replace("_", " "), words, *ways))
    return _table(("3,387 training jobs", "error of the forecast", "as published: DE, GB, FR, %", "strict"), rows)


def _held(certificate: Any) -> str:
    if certificate is None:
        return "keeps the model"
    quality = certificate["quality"]
    return f"{quality['drop']['high']:.4f} of {quality['metric']}, {quality['drop']['confidence']:.0%} bound"


def _link(url: str) -> str:
    return f"[{url.split('/')[2].removeprefix('www.')}]({url})"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for cells in (heads, ["---"] * len(heads), *rows):
        assert not any("|" in cell for cell in cells)
        yield f"| {' | '.join(cells)} |"


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "strategies": _strategies,
    "probes": _probes,
    "sinks": _sinks,
    "sources": _sources,
    "runtimes": _runtimes,
    "guards": _guards,
    "formats": _formats,
    "policies": _policies,
    "readers": _readers,
    "findings": _findings,
    "metrics": _metrics,
    "exit-codes": _exit_codes,
    "options": _options,
    "extras": _extras,
    "layers": _layers,
    "cpu-power": _cpu_power,
    "results": _results,
    "peers": _peers,
    "oracle-share": _oracle_share,
    "lets-wait-awhile": _lets_wait_awhile,
}


def main(arguments: Sequence[str]) -> int:
    """Fill every page under a folder, the project's root if none is named; or with ``--check`` name those that are stale."""
    check = "--check" in arguments
    folders = [Path(one) for one in arguments if one != "--check"]
    stale = 0
    for path in documents(folders[0] if folders else ROOT):
        text = path.read_text(encoding="utf-8")
        if (right := filled(text)) == text:
            continue
        stale += 1
        if check:
            sys.stderr.write(f"{path.name} is stale: run python docs/fill.py\n")
        else:
            path.write_text(right, encoding="utf-8")
    return int(check and stale > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
