"""The main job: turn a model into one that needs less energy, and prove that quality held."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from greenwright import registry
from greenwright.errors import BadInputError
from greenwright.ledger.earlier import finished_studies
from greenwright.ledger.entries import ArtifactEntry
from greenwright.ledger.opening import has_ledger, open_ledger
from greenwright.machine import this_machine
from greenwright.records.study import Certificate, Offer, Outcome, QualityProof, Spending, StudyRecord, Trial
from greenwright.report.page import write_page
from greenwright.settings import resolve
from greenwright.strategies import layer_facts
from greenwright.study import outputs, verdicts
from greenwright.study.confirm import Confirmed, confirm, finalists, pareto_front
from greenwright.study.control import control
from greenwright.study.lessons import Lessons, lessons, predict, realised
from greenwright.study.limits import Limits
from greenwright.study.offers import ask_all
from greenwright.study.predictions import Setting
from greenwright.study.proposals import JOURNAL, Proposals
from greenwright.study.search import Search
from greenwright.study.trials import total_j
from greenwright.study.workbench import Workbench, open_workbench
from greenwright.study.workload import Workload

PAGE = "report.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What a search found, and where it lies."""

    record: StudyRecord
    folder: Path

    @property
    def front(self) -> tuple[Trial, ...]:
        """Trials that no other beats on energy and quality, from the cheapest on."""
        return tuple(pareto_front(self.record.trials))

    @property
    def best(self) -> Trial | None:
        """The trial that was chosen and proven; None where the verdict is to keep the model."""
        return next((trial for trial in self.record.trials if trial.chosen), None)

    @property
    def certificate(self) -> Certificate | None:
        """What is proven; None where the verdict is to keep the model."""
        return self.record.certificate

    @property
    def model_path(self) -> Path | None:
        """The chosen model's file."""
        return self.folder / self.record.certificate.artifact if self.record.certificate else None

    def report(self) -> Path:
        """Draw the page anew from the record, and say where it is."""
        write_page(self.record, self.folder / PAGE)
        return self.folder / PAGE


def optimize(  # noqa: PLR0913  by name, all with defaults
    workload: Workload,
    *,
    limits: Limits | None = None,
    out: Path | str | None = None,
    resume: bool = False,
    name: str = "",
    workload_file: Path | None = None,
    ledger_url: str | None = None,
    say: Callable[[str], None] | None = None,
) -> Study:
    """Search, prove and write.

    Args:
        workload: model, data, quality and functional unit.
        limits: what may be spent and lost.
        out: the folder for results; ``greenwright-out/<name>`` if None.
        resume: go on with a study that was interrupted there; at most its running trial is lost.
        name: of the study; the workload's if empty.
        workload_file: the Python file the workload came from, for measuring memory in a process of its own.
        ledger_url: where the study is kept for ever; as settings say if None.
        say: called with a line of progress now and then.

    Raises:
        BadInputError: the workload cannot be used, or the folder holds an unfinished study and ``resume`` is False.
        CannotHereError: an extra is missing, or the disk refuses.
    """
    limits = limits or Limits()
    say = say or (lambda _: None)
    settings = resolve({"ledger_url": ledger_url})
    name = name or workload.name or (workload_file.resolve().parent.name if workload_file else "study")
    folder = Path(out) if out is not None else settings.out / name
    with outputs.on_disk(folder), _alone(folder, name, limits, resume=resume) as started_at:
        bench = open_workbench(workload, limits, folder / outputs.SEARCH, workload_file)
        record, confirmed = _study(bench, name, settings.ledger_url, say)
        record = replace(record, started_at=started_at)
        entry = None
        if confirmed is not None:
            record, entry = _release(bench, record, confirmed, folder)
        else:
            outputs.clear_models(folder)
        outputs.write_record(record, folder)
        study = Study(record=record, folder=folder)
        study.report()
        open_ledger(settings.ledger_url).add_study(record, bench.windows, entry)
        outputs.clear_search(folder)
    return study


def _study(bench: Workbench, name: str, ledger_url: str, say: Callable[[str], None]) -> tuple[StudyRecord, Confirmed | None]:
    say("measuring the baseline")
    baseline = bench.baseline_figures
    say(f"  {bench.quality.name} {baseline.quality:.4f}, {baseline.cpu_s * 1e3:.3g} CPU-ms per {bench.workload.unit}")
    learnt = _lessons(bench, ledger_url)
    offers = tuple(predict(offer, learnt) for offer in ask_all(bench, bench.limits.strategies))
    for offer in offers:
        say(f"  {'applies' if offer.applies else 'declines'}: {offer.title}: {offer.reason}{verdicts.predicted_text(offer)}")
    search = Search(bench=bench, proposals=Proposals(bench.folder, bench.limits.seed), offers=offers, say=say, learnt=learnt)
    stopped = search.run()
    say(f"search ended: {stopped}")
    trials = list(search.trials.values())
    proofs, confirmed, broken = confirm(bench, ordered := finalists(trials, search.chance), say, search.final_max_s)
    if confirmed is not None and bench.limits.control:
        say("training your model as long as the chosen one, to compare")
        confirmed = replace(confirmed, control=control(bench, confirmed))
    trials = [replace(trial, reason=broken.get(trial.number, trial.reason)) for trial in trials]
    trials = verdicts.annotated(trials, search, ordered, proofs, confirmed)
    offers = tuple(realised(offer, trials) for offer in search.offers)
    return _record(bench, name, trials, offers, proofs, confirmed, stopped + search.account()), confirmed


def _lessons(bench: Workbench, ledger_url: str) -> Lessons:
    """What the ledger's earlier studies teach this one; nothing, where it is to learn from none, or there is no ledger."""
    if bench.limits.cold or not has_ledger(ledger_url):
        return Lessons()
    machine = this_machine()
    ours = Setting(
        family=bench.family,
        cpu=machine.cpu,
        features=frozenset(machine.features),
        batch=bench.limits.batch,
        thread_count=bench.limits.thread_count,
    )
    found = finished_studies(open_ledger(ledger_url))
    known = list(registry.members("strategies"))
    return lessons(found, ours, metric=bench.quality.name, max_drop=bench.limits.max_drop, known=known)


def _record(  # noqa: PLR0913, PLR0917  everything the report is drawn from
    bench: Workbench,
    name: str,
    trials: Sequence[Trial],
    offers: tuple[Offer, ...],
    proofs: Sequence[QualityProof],
    confirmed: Confirmed | None,
    stopped: str,
) -> StudyRecord:
    limits, workload = bench.limits, bench.workload
    return StudyRecord(
        name=name,
        workload=_shown(bench.workload_file) or workload.name or name,
        model=verdicts.model_text(bench.plan.model),
        outcome=Outcome.SAVES if confirmed else Outcome.KEEP,
        verdict=verdicts.sentence(bench, confirmed),
        reasons=() if confirmed else verdicts.reasons(trials, offers),
        unit=workload.unit,
        metric=bench.quality.name,
        higher_is_better=bench.quality.higher_is_better,
        max_drop=limits.max_drop,
        batch=limits.batch,
        thread_count=limits.thread_count,
        seed=limits.seed,
        machine=this_machine(),
        baseline=bench.baseline_figures,
        trials=tuple(trials),
        offers=offers,
        spending=_spending(bench),
        search_j=total_j(bench.windows),
        search_cpu_s=sum(window.cpu_s for window in bench.windows),
        horizon_units=limits.horizon_units,
        stopped_because=stopped,
        proofs=tuple(proofs),
        training_j=workload.training_j,
        family=bench.family,
        finished_at=_now(),
        greenwright_version=version("greenwright"),
    )


def _release(bench: Workbench, record: StudyRecord, confirmed: Confirmed, folder: Path) -> tuple[StudyRecord, ArtifactEntry]:
    """Write the model, and a certificate that names its hash."""
    plan = confirmed.judged.plan
    generates = bench.workload.generate is not None
    path = outputs.write_model(plan, bench.sample[0], folder, generates=generates)
    compared = confirmed.comparison
    saved_j = compared.baseline_energy_j.value - compared.candidate_energy_j.value
    # Before and after as they were measured in turn: a figure from the start of the study had other weather.
    record = replace(
        record, baseline=replace(record.baseline, energy_j=compared.baseline_energy_j, cpu_s=compared.baseline_cpu_s)
    )
    certificate = Certificate(
        artifact=path.name,
        artifact_sha256=outputs.sha256(path),
        baseline=record.baseline,
        candidate=confirmed.figures,
        comparison=compared,
        quality=confirmed.proof,
        recipe=confirmed.trial.recipe,
        machine=record.machine,
        seed=record.seed,
        batch=record.batch,
        thread_count=record.thread_count,
        unit=record.unit,
        search_j=record.search_j,
        break_even_units=record.search_j.value / saved_j,
        proves=verdicts.proves(bench, confirmed),
        not_proven=verdicts.not_proven(bench, confirmed),
        created_at=record.finished_at,
        greenwright_version=record.greenwright_version,
        inference=plan.inference,
        control=confirmed.control,
        layers=layer_facts.facts(plan.model),
        shared=confirmed.trial.shared,
    )
    snippet = outputs.load_snippet(plan, path, bench.sample[0], generates=generates)
    entry = ArtifactEntry(
        path=str(path.resolve()),
        sha256=certificate.artifact_sha256,
        size_bytes=path.stat().st_size,
        created_at=certificate.created_at,
    )
    return replace(record, certificate=certificate, load_snippet=snippet), entry


def _spending(bench: Workbench) -> tuple[Spending, ...]:
    """What each purpose took, the costliest first."""
    by_purpose: dict[str, list[Any]] = {}
    for window in bench.windows:
        by_purpose.setdefault(window.name, []).append(window)
    spent = [
        Spending(purpose=purpose, energy_j=total_j(windows), cpu_s=sum(window.cpu_s for window in windows))
        for purpose, windows in by_purpose.items()
    ]
    return tuple(sorted(spent, key=lambda one: one.energy_j.value, reverse=True))


@contextmanager
def _alone(folder: Path, name: str, limits: Limits, *, resume: bool) -> Iterator[str]:
    """Hold the study's folder against a second study in it; yields when this one first began."""
    search = folder / outputs.SEARCH
    terms = search / outputs.TERMS
    asked = msgspec.json.decode(msgspec.json.encode({"name": name, "limits": limits}))  # as the file will hold it
    if resume and not terms.exists() and not (folder / outputs.RECORD).exists():
        raise BadInputError(f"there is no study to resume in {folder}; run it without --resume")
    search.mkdir(parents=True, exist_ok=True)
    with (search / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInputError(
                f"another study is running in {folder}: wait for it, or choose another folder with --out"
            ) from None
        if terms.exists():
            _refuse_mismatch(search, asked, resume=resume)
            started_at = str(msgspec.json.decode(terms.read_bytes())["started_at"])
        else:
            _clear_leftovers(search)
            started_at = _now()
            outputs.write_whole(terms, msgspec.json.encode(asked | {"started_at": started_at, "pid": os.getpid()}))
        try:
            yield started_at
        except Exception:
            # Refused before anything was tried: there is nothing to resume, and the mended workload must not be told so.
            if not (search / JOURNAL).exists():
                outputs.clear_search(folder)
                with suppress(OSError):
                    folder.rmdir()
            raise


def _clear_leftovers(search: Path) -> None:
    """Of a study that ended while it was removing them."""
    for path in search.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "lock":
            path.unlink()


def _refuse_mismatch(search: Path, asked: dict[str, Any], *, resume: bool) -> None:
    if not resume:
        raise BadInputError(f"{search.parent} holds an unfinished study: go on with --resume, or remove {search} to start anew")
    known = msgspec.json.decode((search / outputs.TERMS).read_bytes())
    changed = [key for key, value in asked["limits"].items() if known["limits"].get(key) != value and key not in _MAY_CHANGE]
    if known["name"] != asked["name"] or changed:
        raise BadInputError(
            f"the unfinished study in {search.parent} was begun with other terms ({', '.join(changed) or 'another name'}):"
            " resume it with the same, or choose another folder with --out"
        )


_MAY_CHANGE = {"time_s", "search_budget_j"}
"""A study may be given more to spend; everything else would make its trials incomparable."""


def _shown(path: Path | None) -> str:
    """A path as people would type it here; a report may travel, and need not tell where its author's files lie."""
    if path is None:
        return ""
    return str(path.resolve().relative_to(Path.cwd())) if path.resolve().is_relative_to(Path.cwd()) else path.name


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
