"""Propose choices with Optuna, and keep every trial in a journal that a killed study resumes from."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from greenwright.records.study import Trial
from greenwright.strategies.contract import Choices, OneOf, Real, Whole

if TYPE_CHECKING:
    import optuna

Space = Mapping[str, Real | Whole | OneOf]
STARTUP_TRIALS = 2
RECORD, KEY = "record", "key"
JOURNAL = "proposals.journal"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Choices to try, to be told how they did."""

    choices: Choices
    handle: Any


class Proposals:
    """One Optuna study a phase, in one append-only journal."""

    def __init__(self, folder: Path, seed: int) -> None:
        import optuna
        from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        journal = folder / JOURNAL
        _mend(journal)
        self.storage = optuna.storages.JournalStorage(
            JournalFileBackend(str(journal), lock_obj=JournalFileOpenLock(str(journal)))
        )
        self.seed = seed
        self.studies: dict[str, optuna.Study] = {}

    def ask(self, phase: str, space: Space, known: Choices | None = None) -> Proposal:
        """Choices from ``space``; those in ``known`` are taken as they are."""
        study = self._study(phase)
        if known:
            study.enqueue_trial(known)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            asked = study.ask({name: _distribution(choice) for name, choice in space.items()})
        return Proposal(dict(asked.params), (phase, asked))

    def tell(self, proposal: Proposal, key: str, trial: Trial, score: float | None) -> None:
        """Record a finished trial; ``score`` None where it broke, less is better."""
        import optuna

        phase, asked = proposal.handle
        asked.set_user_attr(KEY, key)
        asked.set_user_attr(RECORD, msgspec.to_builtins(trial))
        if score is None:
            self._study(phase).tell(asked, state=optuna.trial.TrialState.FAIL)
        else:
            self._study(phase).tell(asked, score)

    def told(self) -> dict[str, Trial]:
        """Every finished trial in the journal, by recipe key, in the order tried; what a kill interrupted is closed as failed."""
        import optuna

        found: dict[str, Trial] = {}
        for summary in optuna.get_all_study_summaries(self.storage):
            study = self._study(summary.study_name)
            for trial in study.get_trials(deepcopy=False):
                if trial.state == optuna.trial.TrialState.RUNNING:
                    study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
                elif RECORD in trial.user_attrs:
                    found[trial.user_attrs[KEY]] = msgspec.convert(trial.user_attrs[RECORD], Trial)
        return dict(sorted(found.items(), key=lambda item: item[1].number))

    def _study(self, phase: str) -> optuna.Study:
        import optuna

        if phase not in self.studies:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the Gaussian process is marked experimental
                sampler = optuna.samplers.GPSampler(seed=self.seed, n_startup_trials=STARTUP_TRIALS)
            self.studies[phase] = optuna.create_study(
                study_name=phase, storage=self.storage, sampler=sampler, direction="minimize", load_if_exists=True
            )
        return self.studies[phase]


def _mend(journal: Path) -> None:
    """Cut off the line a kill tore, and lift the lock it left: the study holds its folder alone."""
    journal.with_name(journal.name + ".lock").unlink(missing_ok=True)
    if journal.exists():
        kept = journal.read_bytes().rpartition(b"\n")
        with journal.open("rb+") as file:
            file.truncate(len(kept[0]) + len(kept[1]))


def _distribution(choice: Real | Whole | OneOf) -> Any:
    from optuna import distributions

    if isinstance(choice, Real):
        return distributions.FloatDistribution(choice.low, choice.high, log=choice.log)
    if isinstance(choice, Whole):
        return distributions.IntDistribution(choice.low, choice.high)
    return distributions.CategoricalDistribution(choice.options)
