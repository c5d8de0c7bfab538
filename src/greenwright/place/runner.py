"""Run a command in its cleanest hours: wait, start, pause, go on, survive machines that are taken away, and keep the deadline.

What has happened is kept in a file after every step, so that a runner that was killed goes on where it was. While it waits, the plan is
looked over whenever there is a new forecast, and changed only for one that is cheaper by it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from greenwright.deploy import spot as notices
from greenwright.deploy.checkpoint import (
    FOLDER_VARIABLE,
    MEAN_VARIABLE,
    PROGRESS,
    SAVE_NOW,
    SAVED_EXIT_CODE,
    STARTED_VARIABLE,
)
from greenwright.meter.process import command_probes
from greenwright.meter.session import Meter, OpenWindow
from greenwright.place import child as processes
from greenwright.place import run_state
from greenwright.place.hours import Again, Era, Hours, Part
from greenwright.place.outlook import Outlook
from greenwright.place.run_report import report
from greenwright.place.run_state import Running, State
from greenwright.place.windows import LEAST_GAIN_SHARE, windows
from greenwright.records.placement import Attempt, PriceClass, RunReport
from greenwright.records.quantities import Quantity

LOOK_S = 0.2
"""How often a running command, the clock and the signals are looked at."""
KEEP_S = 5.0
"""How often what a running command has taken is kept: a runner that is killed loses no more."""
RETRY_S = (1.0, 60.0)
"""Shortest and longest wait before a machine that was taken away is asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to run, by when, and how."""

    command: tuple[str, ...]
    within_s: float
    run_s: float
    """What it is expected to take, running."""
    interruptible: bool = False
    freeze: bool = False
    """Pause by SIGSTOP, keeping the memory, where the command cannot save itself."""
    grace_s: float = 60.0
    """Between SIGTERM and SIGKILL."""
    restart_s: float = 60.0
    checkpoints: Path | None = None
    interrupted_every_s: float | None = None
    cloud: str = ""
    """Whose notices to listen to."""
    cloud_address: str = ""
    spot: tuple[str, ...] = ()
    """Put before the command to run it on a machine that may be taken away."""
    on_demand: tuple[str, ...] = ()
    """Put before it to run it on one that is not."""
    look_every_s: float = 3600.0
    """A new forecast is looked for on every multiple of this of the clock."""


class _Stopped(Exception):  # noqa: N818 - a signal to us, not an error
    """Somebody asked the runner itself to stop."""


def run(  # noqa: PLR0913 - an order, its hours, and where it is kept
    order: Order,
    outlook: Outlook,
    *,
    step_s: float,
    state_file: Path,
    resume: bool,
    say: Callable[[str], None],
    again: Again | None = None,
) -> RunReport:
    """Run ``order`` to its end.

    Args:
        order: What to run.
        outlook: The hours to come, the first slot beginning now.
        step_s: Length of a slot.
        state_file: Where to keep what has happened.
        resume: Go on with what the file says, deadline and all.
        say: Called with each thing that happens, as a line.
        again: What is expected later of the hours then to come; without it the first outlook stands.

    Raises:
        BadInputError: there is nothing to resume, or the file is about another command.
    """
    state = run_state.kept(state_file, order.command) if resume else run_state.begun(order.command, order.within_s)
    hours = Hours(step_s=step_s, eras=[Era(begun_s=time.time(), outlook=outlook)], again=again, every_s=order.look_every_s)
    meter = Meter(name="run", probes=command_probes())
    runner = _Runner(order=order, hours=hours, state=state, file=state_file, meter=meter, say=say)
    with _signals():
        try:
            runner.settle()
            runner.follow()
        except _Stopped:
            say("stopped: go on with the same command and --resume")
    runner.keep()
    return report(state)


@contextmanager
def _signals() -> Iterator[None]:
    """SIGTERM and Ctrl-C end the run in order."""

    def stop(_number: int, _frame: Any) -> None:
        raise _Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True, kw_only=True)
class _Runner:
    order: Order
    hours: Hours
    state: State
    file: Path
    meter: Meter
    say: Callable[[str], None]
    planned: list[Part] = field(default_factory=list)
    """The stretches still to come or under way; after the last the command runs to its end."""
    tried: int = 0
    live_s: float = 0.0
    """That an attempt which is frozen now has run."""
    next_notice_s: float = 0.0
    next_keep_s: float = 0.0
    advised: bool = False
    """The cloud has advised to leave this machine, and the command was asked to save."""

    @property
    def remaining_s(self) -> float:
        """Running time that is left, by what the command itself says of its progress, else by the clock."""
        done = self.progress().get("done_share")
        if isinstance(done, int | float):
            return self.order.run_s * max(0.0, 1.0 - done)
        return max(0.0, self.order.run_s - self.state.useful_s - self.live_s)

    @property
    def again_s(self) -> float:
        """What starting again will take."""
        return self.order.restart_s if self.state.attempts else 0.0

    @property
    def slack_s(self) -> float:
        """Time that may still be waited."""
        return self.state.deadline_s - time.time() - self.remaining_s - self.again_s

    def settle(self) -> None:
        """Book an attempt that outlived a runner, or died with it; say what running at once would mean."""
        if self.state.at_once_g_per_kwh is None:
            now_s = time.time()
            whole = Part(start_s=now_s, end_s=now_s + self.order.run_s)
            self.state.at_once_g_per_kwh = self.hours.price([whole]) / max(self.order.run_s, 1e-9)
        left = self.state.running
        if left is None:
            return
        if processes.end_what_is_left(left.pid, left.born, self.order.grace_s):
            self.say("the command was still running, without its runner: it was asked to save and end")
        self.state.running = None
        if left.energy_j and left.carbon_g:
            parts = [Part(start_s=left.begun_s, end_s=left.seen_s)]
            self._book(parts, left.energy_j, left.carbon_g, code=-signal.SIGKILL, ended="lost", price_class=left.price_class)

    def follow(self) -> None:
        """Through the clean hours, and after the last of them to the end."""
        self.planned = self._plan()
        while True:
            self._wait()
            if self.order.freeze and len(self.planned) > 1:
                self._attempt()
                return
            if self._attempts():
                return

    def _plan(self) -> list[Part]:
        """The cheapest stretches from now on, by the newest outlook."""
        now_s = time.time()
        found = windows(
            self.hours.ahead(now_s),
            step_s=self.hours.step_s,
            run_s=self.remaining_s + self.again_s,
            deadline_s=max(0.0, self.state.deadline_s - now_s),
            interruptible=self.order.interruptible or self.order.freeze,
            resume_s=0.0 if self.order.freeze else self.order.restart_s,
        )
        return [Part(start_s=now_s + part.start_s, end_s=now_s + part.end_s) for part in found]

    def _wait(self) -> None:
        """Until the first stretch of the plan, which may change meanwhile."""
        begun_s, told_s = time.time(), 0.0
        try:
            while (now_s := time.time()) < (start_s := self.planned[0].start_s):
                if abs(start_s - told_s) > LOOK_S and start_s - now_s > LOOK_S:
                    self.say(f"waiting until {_clock(start_s)}: the grid is cleaner then")
                    told_s = start_s
                if self.slack_s <= 0:
                    self._fall_back("no slack is left")
                    break
                if self.hours.renewed(now_s):
                    self._replan()
                time.sleep(max(0.0, min(LOOK_S, start_s - time.time())))
        finally:
            self.state.waited_s += time.time() - begun_s
            self.keep()

    def _replan(self) -> None:
        """Another plan, if it is cheaper by the new median than staying with this one; both keep the deadline."""
        fresh, stay = self._plan(), self.hours.price(self.planned)
        if self.hours.price(fresh) < stay * (1 - LEAST_GAIN_SHARE):
            saved = 1 - self.hours.price(fresh) / stay
            self.say(
                f"a new forecast: from {_clock(fresh[0].start_s)} on it is {saved:.0%} cleaner than the hours planned before"
            )
            self.planned = fresh
            self.state.replanned_count += 1

    def _fall_back(self, why: str) -> None:
        if not self.state.fell_back:
            self.state.fell_back = True
            machine = ", on demand" if self.order.on_demand else ""
            self.say(f"{why}: it runs to the end now{machine}")

    def _attempts(self) -> bool:
        """Attempts until the command is done (True) or the stretch is over (False)."""
        while True:
            ended = self._attempt()
            if ended in {"done", "failed", "stopped"}:
                return True
            if ended == "paused":
                return False
            self.tried += 1
            self._pause_before_retry()

    def _pause_before_retry(self) -> None:
        first, most = RETRY_S
        wait_s = min(most, first * 2.0 ** min(self.tried - 1, 10), max(0.0, self.slack_s))
        self.say(f"the machine was taken away: trying again in {wait_s:.0f} s")
        time.sleep(wait_s)
        if self.slack_s <= 0:
            self._fall_back("no slack is left for another machine that may be taken away")

    def _launch(self) -> tuple[subprocess.Popen[bytes], PriceClass]:
        use_spot = bool(self.order.spot) and not self.state.fell_back
        prefix = self.order.spot if use_spot else self.order.on_demand
        environment = dict(os.environ) | {STARTED_VARIABLE: repr(time.time())}
        if self.order.checkpoints:
            environment[FOLDER_VARIABLE] = str(self.order.checkpoints)
            (self.order.checkpoints / SAVE_NOW).unlink(missing_ok=True)
        if self.order.interrupted_every_s:
            environment[MEAN_VARIABLE] = repr(self.order.interrupted_every_s)
        self.advised = False
        started = processes.start([*prefix, *self.order.command], environment)
        return started, PriceClass.SPOT if use_spot else PriceClass.ON_DEMAND

    def _attempt(self) -> str:
        """Start the command, watch it, freeze it between its stretches where that is wanted, and book what it took."""
        ran: list[Part] = []
        begun_s, why = time.time(), "stopped"
        opened = self.meter.window(f"attempt {len(self.state.attempts) + 1}")
        with opened:
            child, price_class = self._launch()
            self.say(f"started{' on spot' if price_class is PriceClass.SPOT else ''}: {' '.join(self.order.command)}")
            stopped = None
            try:
                self._note(child, price_class, begun_s, opened)
                while (why := self._watch(child, price_class, begun_s, opened)) == "paused" and self.order.freeze:
                    ran.append(Part(start_s=begun_s, end_s=time.time()))
                    self._frozen(child, ran)
                    begun_s = time.time()
            except _Stopped as error:
                stopped, why = error, "stopped"
            if not processes.end(child, self.order.grace_s):
                self.say(f"it did not end within {self.order.grace_s:.0f} s of SIGTERM and was killed: unsaved work is lost")
        ended = self._how(child.returncode, why, price_class)
        self.live_s, self.state.running = 0.0, None
        ran.append(Part(start_s=begun_s, end_s=time.time()))
        energy_j = opened.result.energy_j
        self._book(
            ran, energy_j, self.hours.carbon_g(energy_j, ran), code=child.returncode, ended=ended, price_class=price_class
        )
        if stopped:
            raise stopped
        return ended

    def _frozen(self, child: subprocess.Popen[bytes], ran: Sequence[Part]) -> None:
        """Stop it where it stands until its next stretch."""
        self.say(f"frozen until {_clock(self.planned[0].start_s)}")
        processes.send(child, signal.SIGSTOP)
        self.live_s = sum(part.end_s - part.start_s for part in ran)
        self._wait()
        processes.send(child, signal.SIGCONT)

    def _watch(self, child: subprocess.Popen[bytes], price_class: PriceClass, begun_s: float, opened: OpenWindow) -> str:
        """Until it ends, or why it was asked to end."""
        while child.poll() is None:
            now_s = time.time()
            if (
                not self.state.fell_back
                and len(self.planned) > 1
                and now_s >= self.planned[0].end_s
                and self._is_to_pause(begun_s)
            ):
                return "paused"
            if price_class is PriceClass.SPOT and self.order.on_demand and self.slack_s <= 0:
                self._fall_back("no slack is left for a machine that may be taken away")
                return "taken"
            if self._noticed(now_s):
                return "stopped"
            if now_s >= self.next_keep_s:
                self._note(child, price_class, begun_s, opened)
            time.sleep(LOOK_S)
        return "ended"

    def _is_to_pause(self, begun_s: float) -> bool:
        """At the end of a stretch: the rest is planned anew, by what is really left; it may be to go on."""
        pause_s = 0.0 if self.order.freeze else self.order.restart_s
        if self.slack_s - self.again_s <= pause_s:
            self._fall_back("a pause would use up the slack")
            return False
        self.hours.renewed(time.time())
        now_s, before_s = time.time(), self.live_s
        self.live_s += now_s - begun_s  # it will save all of it
        on, rest = [Part(start_s=now_s, end_s=now_s + self.remaining_s)], self._plan()
        self.live_s = before_s
        gains = self.hours.price(rest) < self.hours.price(on) * (1 - LEAST_GAIN_SHARE)
        self.planned = rest if gains else on
        return self.planned[0].start_s > now_s + LOOK_S

    def _noticed(self, now_s: float) -> bool:
        """Whether the machine is being taken; where the cloud only advises to leave it, the command saves early and goes on."""
        if not self.order.cloud or now_s < self.next_notice_s:
            return False
        self.next_notice_s = now_s + notices.clouds()[self.order.cloud].poll_s
        found = notices.notice(self.order.cloud, self.order.cloud_address)
        if found is None:
            return False
        if found.kind == "taken":
            self.say(f"{self.order.cloud} takes this machine in {found.left_s:.0f} s: saving; go on elsewhere with --resume")
            return True
        if not self.advised:
            self.advised = True
            self._save_early()
        return False

    def _save_early(self) -> None:
        said = f"{self.order.cloud} advises to leave this machine"
        if self.order.checkpoints is None:
            self.say(f"{said}: give --checkpoints, so that the command can be asked to save early")
            return
        (self.order.checkpoints / SAVE_NOW).touch()
        self.say(f"{said}: the command was asked to save now")

    def _how(self, code: int, why: str, price_class: PriceClass) -> str:
        """What an exit code means after what was asked of the command."""
        if code == 0:
            return "done"
        if why != "ended":
            return why
        if code == SAVED_EXIT_CODE or price_class is PriceClass.SPOT:
            return "taken"
        return "failed"

    def _note(self, child: subprocess.Popen[bytes], price_class: PriceClass, begun_s: float, opened: OpenWindow) -> None:
        """Keep what the running attempt has taken so far."""
        now_s = time.time()
        self.next_keep_s = now_s + KEEP_S
        energy_j = opened.so_far().energy_j
        self.state.running = Running(
            pid=child.pid,
            born=processes.born(child.pid),
            price_class=price_class,
            begun_s=begun_s,
            seen_s=now_s,
            energy_j=energy_j,
            carbon_g=self.hours.carbon_g(energy_j, [Part(start_s=begun_s, end_s=now_s)]),
        )
        self.keep()

    def _book(  # noqa: PLR0913 - when it ran, what it took, and how it ended
        self, ran: Sequence[Part], energy_j: Quantity, carbon_g: Quantity, *, code: int, ended: str, price_class: PriceClass
    ) -> None:
        """Keep an attempt that ran in these times."""
        told, begun_s, now_s = self.progress(), ran[0].start_s, ran[-1].end_s
        took_s = sum(part.end_s - part.start_s for part in ran)
        fresh = float(told.get("at", 0.0)) >= begun_s
        start_s = min(took_s, float(told.get("start_s") or 0.0)) if fresh and self.state.attempts else 0.0
        unsaved_s = min(now_s - float(told["at"]), took_s - start_s) if fresh else took_s - start_s
        saved = ended == "done" or code == SAVED_EXIT_CODE or not self.tells_of_checkpoints(told)
        lost_s = 0.0 if saved else max(0.0, unsaved_s)
        self.state.attempts.append(
            Attempt(
                price_class=price_class,
                started_at=datetime.fromtimestamp(begun_s, UTC).isoformat(timespec="seconds"),
                duration_s=took_s,
                energy_j=energy_j,
                carbon_g=carbon_g,
                start_s=start_s,
                lost_s=lost_s,
                ended=ended,
                exit_code=code,
            )
        )
        self.state.useful_s += max(0.0, took_s - start_s - lost_s)
        if ended in {"done", "failed"}:
            self.state.exit_code = code
        self.keep()
        self.say(f"{ended} after {took_s:.1f} s, {energy_j.value:.3g} J ({energy_j.grade})")

    def tells_of_checkpoints(self, told: dict[str, Any]) -> bool:
        """Whether the command tells of its checkpoints at all: without that nothing is known of what a kill loses."""
        return bool(told) or self.order.checkpoints is None

    def progress(self) -> dict[str, Any]:
        """What the command's own checkpoints say; empty where it has none."""
        if self.order.checkpoints is None:
            return {}
        try:
            found: dict[str, Any] = json.loads((self.order.checkpoints / PROGRESS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    def keep(self) -> None:
        """Write the state, whole or not at all."""
        run_state.keep(self.state, self.file)


def _clock(at_s: float) -> str:
    return datetime.fromtimestamp(at_s).astimezone().strftime("%Y-%m-%d %H:%M")
