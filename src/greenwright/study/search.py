"""Search recipes: cheap screens first, short fine-tunes before long ones, until the budget is spent or the next does not pay.

1. Screens: every strategy that needs no training, with its default choices; where one would win but lost quality, other choices.
2. Families: the ways of making a smaller network (prune, distil, both), each fine-tuned briefly and finished with the best screen.
3. Long runs of the best family: at its defaults, then at more or fewer channels, then wherever Optuna expects the most.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from greenwright.records.quantities import Interval
from greenwright.records.study import Offer, Trial, TrialState
from greenwright.report.words import ratio_range_text, ratio_text, share_text, studies_text
from greenwright.strategies.contract import Choices, Need, OneOf, Real, Whole, defaults
from greenwright.study import lessons as learning
from greenwright.study.cascades import promising
from greenwright.study.confirm import FINALISTS, LIKELY_SHARE, SURE_SHARE
from greenwright.study.lessons import Lessons
from greenwright.study.proof import chance_of_passing
from greenwright.study.proposals import Proposal, Proposals
from greenwright.study.trials import Ingredient, Recipe, attempt, meta_of, recipe_key, trains
from greenwright.study.workbench import FINAL_MAX_S, Workbench

ALTERNATIVES = 4
"""Other choices tried for a strategy that would win but for its quality."""
SHORT_SHARE, LONG_SHARE = 0.06, 0.85
"""Of the budget that is left, for one short and one long fine-tuning trial: one run to the end beats two half-way."""
COMPARED_SHARE = 0.05
"""Of the budget, put aside for the last comparison, which ends before its time where its interval is tight."""
SHORTEST_FINAL_S, AFTER_FINAL_S = 5.0, 4.0
"""The last comparison has at least so long; then memory, latency and calls with pauses between them are measured."""
HORIZON_SHARE = 0.01
"""A search may spend what the baseline needs for this part of the horizon, if ten epochs are less."""
AMPLE_RUNS = 3
FEWEST_LONG_EPOCHS, MOST_SHORT_EPOCHS = 3, 3
CLOSE_RATIO = 1.6
"""A finish that needs this many times the best one's energy on the whole network may still win on a smaller one: for a CIFAR-10 network
NNCF's INT8 in OpenVINO needed 0.9 times what ONNX Runtime's did, and 2.3 times once 74 % of the work was pruned away."""
NEAR_LIMITS = 3
"""A fine-tuned network that lost more than this many limits is not finished otherwise."""
PATIENCE = 3
"""Long trials in a row without a better candidate."""
STUDENT_SHARE, TEACHER_SHARE = 0.45, 0.13
"""First guess of what a fine-tuning epoch costs against an ordinary one, in bf16: of a student that keeps every channel, and of its
teacher; corrected by what the first trials cost."""
FIRST_KEEP_SHARE = 0.4
STEADY_SECOND_KEEP = (0.6, 1.4)
"""Channels of the second long run against the first's: fewer where that one held, more where it did not."""
FAMILIES: tuple[tuple[str, ...], ...] = (
    ("soft-targets",),
    ("structured-channels", "soft-targets"),
    ("structured-channels",),
    ("blocks",),
    ("heads-and-neurons",),
)
"""In the order of what they usually keep of the quality, for a budget that allows no comparison."""

ON_TOP = "length-buckets"
"""How calls are run, whatever runs them: tried on top of the best, not by itself."""
HARDENING, HARDENED = "rounding-aware", ("static-int8", "nncf-int8")
"""What teaches a network to stand rounding, and what it is taught for."""

CASCADE, SHALLOW = "cascade", "shallow"
GATE_SHARE = 0.06
"""Of the budget, put aside while networks are fine-tuned for a shallow one and for cascades."""
SHALLOW_STEPS = 1_500
"""Of training, at least, for a network that starts from nothing: a small train set is gone through more often."""
RUNTIMES = ("onnx-runtime", "openvino")
"""Where a first model may run: too small for integers to help."""
WORTH_SHARE = 0.05
"""A strategy less likely than that to be of use, by earlier studies, is put off."""
CERTAIN_SHARE = 0.99
"""Only a candidate that is as likely as that to pass the test may put others off: they are what the proof falls back on."""

Say = Callable[[str], None]


@dataclass(kw_only=True)
class Search:
    """The state of a search: its trials so far, by recipe key."""

    bench: Workbench
    proposals: Proposals
    offers: tuple[Offer, ...]
    say: Say
    learnt: Lessons = field(default_factory=Lessons)
    """From earlier studies."""
    trials: dict[str, Trial] = field(default_factory=dict)
    cost_ratio: float = 1.0
    """Real cost of fine-tuning against the first guess."""

    def run(self) -> str:
        """Try recipes; returns why it stopped."""
        self.trials = self.proposals.told()
        stopped = self._screen()
        self._on_top()
        if not stopped:
            self._harden()
        stopped = stopped or self._shrink()
        return self._gate() or stopped

    # --- screens ---

    def _screen(self) -> str:
        put_off = []
        for strategy in self._applying(trains=False):
            if self._late():
                return self._over()
            why = self._why_put_off(strategy)
            if why:
                put_off.append(strategy)
                self._note(strategy, why)
                self.say(f"put off: {meta_of(strategy).title}: {why}")
            else:
                self._screen_one(strategy)
        return self._take_up(put_off)

    def _screen_one(self, strategy: str) -> None:
        choices = self._first_choices(strategy)
        first = self.try_recipe("screen " + strategy, (Ingredient(strategy=strategy, choices=choices),))
        for _ in range(ALTERNATIVES):
            if self._late() or not self._worth_other_choices(strategy, first):
                break
            self._try_other_choices(strategy)

    def _take_up(self, put_off: Sequence[str]) -> str:
        """Try what was put off after all, the safest first, until something is all but certain to pass the test."""
        for strategy in sorted(put_off, key=lambda one: -self._offer(one).predicted.holds_share):  # type: ignore[union-attr]  # else it was not put off
            best = self.best()
            if best is not None and self.chance(best) >= CERTAIN_SHARE:
                break
            if self._late():
                return self._over()
            self._note(strategy, "")
            self._screen_one(strategy)
        return ""

    def _why_put_off(self, strategy: str) -> str:
        """Why earlier studies say that a strategy is not worth its trial now, or nothing."""
        best, offer = self.best(), self._offer(strategy)
        if best is None or offer.predicted is None or self.chance(best) < CERTAIN_SHARE:
            return ""
        # What is nearly as good on the whole network may win on a smaller one, where there will be one.
        near = CLOSE_RATIO if self._applying(trains=True) else 1.0
        bound = min(1.0, near * _ratio(best).high)
        if learning.chance_of_use(offer, bound, self.learnt) >= WORTH_SHARE:
            return ""
        told = offer.predicted
        return (
            f"predicted from {studies_text(told.study_count)} to need {share_text(told.energy_ratio.value)} of the energy and to hold"
            f" quality {told.holds_share:.0%} of the time, where {share_text(_ratio(best).value)} is reached"
        )

    def _first_choices(self, strategy: str) -> Choices:
        """Those that did best in earlier studies, or the defaults."""
        told = self._offer(strategy).predicted
        return dict(told.choices) if told and told.choices else defaults(meta_of(strategy))

    def _offer(self, strategy: str) -> Offer:
        return next(offer for offer in self.offers if offer.strategy == strategy)

    def _note(self, strategy: str, why: str) -> None:
        self.offers = tuple(replace(one, put_off=why) if one.strategy == strategy else one for one in self.offers)

    def _worth_other_choices(self, strategy: str, first: Trial) -> bool:
        """It has choices, none of those tried held quality, and its energy (where known) would beat the best that did."""
        tried = [trial for trial in self.trials.values() if [step.strategy for step in trial.recipe] == [strategy]]
        space_size = math.prod(
            len(choice.options) for choice in meta_of(strategy).choices.values() if isinstance(choice, OneOf)
        )
        if len(tried) >= space_size or any(self.holds(trial) for trial in tried) or first.state is TrialState.FAILED:
            return False
        best = self.best()
        return best is None or first.figures is None or first.figures.energy_ratio.low < _ratio(best).high

    def _try_other_choices(self, strategy: str) -> None:
        tried = [dict(trial.recipe[0].choices) for trial in self.trials.values() if trial.recipe[0].strategy == strategy]
        for choices in _combinations(meta_of(strategy).choices):
            if choices not in tried:
                self.try_recipe("screen " + strategy, (Ingredient(strategy=strategy, choices=choices),))
                return

    def _on_top(self) -> None:
        """The best recipes so far once more, with calls run another way: a network that is finished later is finished so, too."""
        for finish in self._finishes() if any(offer.applies and offer.strategy == ON_TOP for offer in self.offers) else ():
            if finish and not self._late():
                self.try_recipe("on top", (*finish, Ingredient(strategy=ON_TOP, choices=defaults(meta_of(ON_TOP)))))

    # --- fine-tuning ---

    def _harden(self) -> None:
        """Where 8 bits would win but for their quality, the network is first taught to stand the rounding."""
        if HARDENING not in self._applying(trains=True):
            return
        for strategy in HARDENED:
            tried = [trial for trial in self.trials.values() if [step.strategy for step in trial.recipe] == [strategy]]
            judged = [trial for trial in tried if trial.quality_drop is not None]
            if not judged or any(self.holds(trial) for trial in tried) or not self._would_win(judged) or self._late():
                continue
            nearest = min(judged, key=lambda trial: trial.quality_drop.value if trial.quality_drop else math.inf)
            last = Ingredient(strategy=strategy, choices=nearest.recipe[0].choices)
            recipe = (Ingredient(strategy=HARDENING, choices=defaults(meta_of(HARDENING))), last)
            if self._guess_j(recipe) <= self.left_j * LONG_SHARE:
                self.try_recipe("harden " + strategy, recipe)

    def _would_win(self, trials: Sequence[Trial]) -> bool:
        """Whether one of them, where its energy is known, needs less than the best that held."""
        best = self.best()
        return best is None or any(trial.figures is None or _ratio(trial).low < _ratio(best).high for trial in trials)

    def _shrink(self) -> str:
        applying = set(self._applying(trains=True))
        families = [family for family in FAMILIES if applying.issuperset(family)]
        if not families:
            return "every strategy that applies was tried"
        family = self._best_family(families)
        bad_in_a_row = 0
        for number in range(100):
            stop = self._stop(family)
            if stop:
                return stop
            before = self.best()
            self._long_run(family, number)
            after = self.best()
            bad_in_a_row = 0 if after is not before else bad_in_a_row + 1
            if bad_in_a_row >= PATIENCE:
                return f"{PATIENCE} long trials in a row found nothing better"
        return "a hundred long trials were run"

    def _best_family(self, families: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """The family that loses least quality after a short fine-tune, if the budget has room for a few long ones after it.

        What a few epochs show is not what many do: labels teach faster, a teacher further. So a budget for one long run is
        not spent on asking.
        """
        known = self.learnt.family(families)
        if known is not None:
            self.say(f"fine-tuning begins with {' and '.join(known)}, which earlier studies of such models chose")
            return known
        scored = []
        most = meta_of(families[0][-1]).choices["epoch_count"]
        assert isinstance(most, Whole)
        affordable = self._epochs(families[0], FIRST_KEEP_SHARE, self.left_j * LONG_SHARE)
        for family in families if len(families) > 1 and affordable > AMPLE_RUNS * most.high else ():
            if self._late():
                break
            epochs = self._epochs(family, FIRST_KEEP_SHARE, self.left_j * SHORT_SHARE)
            recipe = self._recipe(family, {"keep_share": FIRST_KEEP_SHARE}, max(1, min(epochs, MOST_SHORT_EPOCHS)))
            trial = self.try_recipe("short " + "+".join(family), recipe)
            if trial.quality_drop is not None:
                scored.append((trial.quality_drop.value, family))
        return min(scored, key=lambda one: one[0])[1] if scored else families[0]

    def _long_run(self, family: tuple[str, ...], number: int) -> None:
        last = meta_of(family[-1])
        phase = "long " + "+".join(family)
        designed = self._designed(family, number, self.learnt.ending(family) or defaults(last))
        most = last.choices["epoch_count"]
        assert isinstance(most, Whole)
        epochs = min(
            most.high, self._epochs(family, float(designed.get("keep_share", FIRST_KEEP_SHARE)), self.left_j * LONG_SHARE)
        )
        proposal = self.proposals.ask(phase, last.choices, designed | {"epoch_count": max(1, epochs)})
        recipe = self._recipe(family, proposal.choices, int(proposal.choices["epoch_count"]))
        spent_j, guess_j = self.bench.spent_j, self._guess_j(recipe)
        trial = self.try_recipe(phase, recipe, proposal=proposal)
        if trial.state is not TrialState.FAILED and guess_j:
            self.cost_ratio = max(0.2, self.cost_ratio * (self.bench.spent_j - spent_j) / guess_j)
        self._other_finishes(recipe, trial)

    def _designed(self, family: tuple[str, ...], number: int, first: Choices) -> Choices:
        """The first long run is at the defaults, the second steps towards the limit; after that Optuna proposes."""
        if number == 0:
            return first
        if number > 1 or "keep_share" not in first:
            return {}
        long_runs = [trial for trial in self.trials.values() if _family_of(trial) == family]
        held = bool(long_runs) and self.holds(long_runs[-1])
        keep_share = float(first["keep_share"]) * STEADY_SECOND_KEEP[0 if held else 1]
        return first | {"keep_share": min(0.8, max(0.2, keep_share))}

    def _other_finishes(self, recipe: Recipe, trial: Trial) -> None:
        """The same network finished otherwise, which is nearly free to try.

        A smaller network may run best elsewhere than the whole one. And where quantization may be what cost the quality, it runs
        unquantized.
        """
        if trial.quality_drop is None or trial.quality_drop.value > NEAR_LIMITS * self.bench.limits.max_drop:
            return
        trained = tuple(one for one in recipe if meta_of(one.strategy).trains)
        others = [self.try_recipe("screen finish", (*trained, *finish)) for finish in self._finishes()[1:]]
        if not any(map(self.holds, [trial, *others])) and "onnx-runtime" in self._applying(trains=False):
            self.try_recipe("screen unquantized", (*trained, Ingredient(strategy="onnx-runtime", choices={})))

    def _recipe(self, family: tuple[str, ...], choices: Choices, epoch_count: int) -> Recipe:
        """The family with ``choices`` for its last strategy; one before it recovers for a single epoch only."""
        made = []
        for strategy in family:
            meta = meta_of(strategy)
            known = {name: value for name, value in choices.items() if name in meta.choices}
            epochs = epoch_count if strategy == family[-1] else 1
            made.append(Ingredient(strategy=strategy, choices=defaults(meta) | known | {"epoch_count": epochs}))
        return (*made, *self._finishes()[0])

    def _finishes(self) -> list[Recipe]:
        """The ingredients of the screens that held quality, the cheapest first, and those that came close to it."""
        held = [
            trial
            for trial in self.trials.values()
            if self.holds(trial) and not trains(trial.recipe) and not any(step.first for step in trial.recipe)
        ]
        if not held:
            return [()]
        least = min(_ratio(trial).value for trial in held)
        close = sorted(
            (trial for trial in held if _ratio(trial).value <= CLOSE_RATIO * least), key=lambda one: _ratio(one).value
        )
        return [tuple(Ingredient(strategy=step.strategy, choices=step.choices) for step in trial.recipe) for trial in close]

    # --- cascades ---

    def _gate(self) -> str:
        """Put a cheaper model before a better one, where what both answered on the validation set says that it pays."""
        if self._late() or not any(offer.applies and offer.strategy == CASCADE for offer in self.offers):
            return self._over()
        self._first_models()
        # What is all but sure to pass: one that only may is bolder than a cascade that it answers first in.
        best_ratio = min((_ratio(one).value for one in self.trials.values() if self.chance(one) >= SURE_SHARE), default=1.0)
        worth, why_not = promising(self.bench, list(self.trials.values()), best_ratio, LIKELY_SHARE)
        for pair in worth:
            if not self._late():
                last = Ingredient(strategy=CASCADE, choices={"threshold": pair.threshold}, first=pair.first.recipe)
                self.try_recipe("gate", (*pair.second.recipe, last), expected_ratio=pair.expected_ratio)
        if not worth:
            self.offers = tuple(
                replace(offer, applies=False, reason=why_not) if offer.strategy == CASCADE else offer for offer in self.offers
            )
        return ""

    def _first_models(self) -> None:
        """A shallow model of its own kind, in every runtime that a larger one was tried in; it costs next to nothing to make."""
        if SHALLOW not in self._applying(trains=True):
            return
        allowed = meta_of(SHALLOW).choices["epoch_count"]
        assert isinstance(allowed, Whole)
        epochs = min(allowed.high, max(allowed.default, SHALLOW_STEPS // max(1, self.bench.training_step_count)))
        shallow = Ingredient(strategy=SHALLOW, choices=defaults(meta_of(SHALLOW)) | {"epoch_count": epochs})
        for runtime in RUNTIMES:
            if runtime in self._applying(trains=False) and not self._late():
                self.try_recipe("first", (shallow, Ingredient(strategy=runtime, choices=defaults(meta_of(runtime)))))

    # --- money ---

    @property
    def budget_j(self) -> float:
        """What the whole study may spend: as asked, or ten ordinary fine-tuning epochs; for small networks, a share of the horizon."""
        limits = self.bench.limits
        if limits.search_budget_j is not None:
            return limits.search_budget_j
        if not self._applying(trains=True):
            return math.inf
        return max(10 * self.bench.epoch_j, HORIZON_SHARE * limits.horizon_units * self.bench.baseline_figures.energy_j.value)

    @property
    def left_j(self) -> float:
        """For fine-tuning: of the budget, with what confirming and cascades will need put aside; no more than the time left allows."""
        left_s = max(0.0, self.bench.limits.time_s - self.bench.spent_s)
        return max(0.0, min(self.budget_j - self.bench.spent_j - self.reserve_j - self._gate_j, left_s * self._power_w))

    @property
    def reserve_j(self) -> float:
        """What the confirmation will need: answers and their judgement for the baseline and each finalist, and the last comparison."""
        share = len(self.bench.test) / max(1, len(self.bench.validation))
        judged_count = sum(trial.quality_drop is not None for trial in self.trials.values())
        judging_j = self._spent_on("judging quality") / max(1, judged_count)
        proof_j = share * (self._spent_on("measuring the baseline") + FINALISTS * judging_j)
        longest_j = FINAL_MAX_S * self._power_w
        return proof_j + min(longest_j, max(COMPARED_SHARE * self.budget_j, SHORTEST_FINAL_S * self._power_w))

    @property
    def _gate_j(self) -> float:
        gated = any(offer.applies and offer.strategy == CASCADE for offer in self.offers)
        return GATE_SHARE * self.budget_j if gated and math.isfinite(self.budget_j) else 0.0

    def final_max_s(self) -> float:
        """Seconds that the last comparison may take of what is left now."""
        left_s = (self.budget_j - self.bench.spent_j) / max(self._power_w, 1e-9) - AFTER_FINAL_S
        return min(FINAL_MAX_S, max(SHORTEST_FINAL_S, left_s))

    def account(self) -> str:
        """What the study has spent of its budget, where it has one, for the end of a sentence."""
        if math.isinf(self.budget_j):
            return ""
        kept = "of its budget of" if self.bench.spent_j <= self.budget_j else "more than its budget of"
        return f"; all in all the study spent {self.bench.spent_j:,.0f} J, {kept} {self.budget_j:,.0f} J"

    @property
    def _power_w(self) -> float:
        return self.bench.spent_j / max(self.bench.spent_s, 1e-9)

    def _spent_on(self, purpose: str) -> float:
        return sum(window.energy_j.value for window in self.bench.windows if window.name == purpose)

    def _late(self) -> bool:
        return bool(self._over())

    def _over(self) -> str:
        """Why nothing more is tried, or nothing."""
        if self.bench.spent_s >= self.bench.limits.time_s:
            return "the time was up"
        if self.bench.spent_j + self.reserve_j >= self.budget_j:
            return f"of the budget of {self.budget_j:,.0f} J only what proving takes was left"
        return ""

    def _stop(self, family: tuple[str, ...]) -> str:
        """Why no further long run is worth it, or nothing."""
        if self._late():
            return self._over()
        keep_share = FIRST_KEEP_SHARE
        if self._epochs(family, keep_share, self.left_j * LONG_SHARE) < FEWEST_LONG_EPOCHS:
            return f"of the budget of {self.budget_j:,.0f} J too little was left to fine-tune {FEWEST_LONG_EPOCHS} more epochs"
        best = self.best()
        now_j = (best.figures if best is not None and best.figures else self.bench.baseline_figures).energy_j.value
        most_saved_j = now_j * 0.8 * self.bench.limits.horizon_units
        least_cost_j = self._guess_j(self._recipe(family, {"keep_share": keep_share}, FEWEST_LONG_EPOCHS))
        if least_cost_j > most_saved_j:
            return (
                f"the next trial would cost at least {least_cost_j:.3g} J and could save at most {most_saved_j:.3g} J"
                f" over {self.bench.limits.horizon_units:,.0f} units"
            )
        return ""

    def _guess_j(self, recipe: Recipe) -> float:
        shares = [
            int(one.choices["epoch_count"])
            * (
                STUDENT_SHARE * float(one.choices.get("keep_share", 1.0))
                + (TEACHER_SHARE if Need.TEACHING in meta_of(one.strategy).needs else 0)
            )
            for one in recipe
            if meta_of(one.strategy).trains
        ]
        return sum(shares) * self.bench.epoch_j * self.cost_ratio

    def _epochs(self, family: tuple[str, ...], keep_share: float, share_j: float) -> int:
        """How many epochs of the family's last strategy ``share_j`` pays for."""
        one_j = self._guess_j(self._recipe(family, {"keep_share": keep_share}, 1)) - (
            self._guess_j(self._recipe(family[:-1], {"keep_share": keep_share}, 1)) if len(family) > 1 else 0
        )
        return int(share_j / one_j) if one_j > 0 else 0

    # --- trials ---

    def try_recipe(
        self, phase: str, recipe: Recipe, proposal: Proposal | None = None, expected_ratio: float | None = None
    ) -> Trial:
        """Run a recipe unless it was run before, and record it."""
        key = recipe_key(recipe)
        if key in self.trials:
            return self.trials[key]
        lead = next((one for one in reversed(recipe) if meta_of(one.strategy).trains), recipe[0])
        asked = proposal or self.proposals.ask(phase, meta_of(lead.strategy).choices, lead.choices)
        number = len(self.trials) + 1
        self.say(f"trial {number}: {' → '.join(meta_of(one.strategy).title for one in recipe)}")
        trial, _ = attempt(self.bench, number, recipe, expected_ratio)
        self.trials[key] = trial
        self.proposals.tell(asked, key, trial, self._score(trial))
        self.say(_told(trial, self.bench.quality.name))
        return trial

    def _score(self, trial: Trial) -> float | None:
        """log2 of the energy ratio, plus what it misses the limit by: less is better."""
        if trial.quality_drop is None:
            return None
        ratio = trial.figures.energy_ratio.value if trial.figures else 1.0
        missed = max(0.0, self.expected_bound(trial.quality_drop) - self.bench.limits.max_drop)
        return math.log2(ratio) + 2 * missed / max(self.bench.limits.max_drop, 1e-9)

    def holds(self, trial: Trial) -> bool:
        """It was measured, needs less, and by its validation drop would most likely pass the test."""
        return self.chance(trial) >= LIKELY_SHARE

    def chance(self, trial: Trial) -> float:
        """How likely it is to pass the test, 0…1; 0 where it was not measured, or needs no less."""
        if trial.figures is None or trial.quality_drop is None or _ratio(trial).high >= 1:
            return 0.0
        held = [(trial.quality_drop, self.bench.limits.max_drop)]
        if (
            trial.worst_slice is not None
            and trial.worst_slice.drop is not None
            and self.bench.limits.max_slice_drop is not None
        ):
            held.append((trial.worst_slice.drop, self.bench.limits.max_slice_drop))
        sizes = len(self.bench.validation), len(self.bench.test)
        return min(chance_of_passing(drop, limit, *sizes) for drop, limit in held)

    def expected_bound(self, drop: Interval) -> float:
        """Where the test set's upper bound would lie, if the drop there were what it is on the validation set."""
        scale = math.sqrt(len(self.bench.validation) / len(self.bench.test))
        return drop.value + (drop.high - drop.value) * scale

    def best(self) -> Trial | None:
        """The trial with the least energy among those that hold."""
        held = [trial for trial in self.trials.values() if self.holds(trial)]
        return min(held, key=lambda trial: _ratio(trial).value, default=None)

    def _applying(self, *, trains: bool) -> list[str]:
        applying = [
            offer
            for offer in self.offers
            if offer.applies and meta_of(offer.strategy).trains is trains and offer.strategy not in {CASCADE, ON_TOP}
        ]
        # The plain change of runtime first: it tells what any quantization has to beat. What earlier studies say comes before that.
        plain = sorted(applying, key=lambda offer: -meta_of(offer.strategy).stage.order)
        return [offer.strategy for offer in learning.in_order(plain)]


def _ratio(trial: Trial) -> Interval:
    assert trial.figures is not None
    return trial.figures.energy_ratio


def _family_of(trial: Trial) -> tuple[str, ...]:
    return tuple(step.strategy for step in trial.recipe if meta_of(step.strategy).trains)


def _combinations(space: object) -> Iterator[Choices]:
    from itertools import product

    assert isinstance(space, dict)
    names = [name for name, choice in space.items() if isinstance(choice, OneOf)]
    for values in product(*(space[name].options for name in names)):
        yield dict(zip(names, values, strict=True)) | {
            name: choice.default for name, choice in space.items() if isinstance(choice, Real | Whole)
        }


def _told(trial: Trial, metric: str) -> str:
    if trial.figures is not None and trial.quality_drop is not None:
        ratio = trial.figures.energy_ratio
        return (
            f"  {ratio_text(ratio.value)} energy ({ratio_range_text(ratio)}),"
            f" {metric} {trial.figures.quality:.4f} ({-trial.quality_drop.value:+.4f})"
        )
    return f"  {trial.state.value}: {trial.reason}"
