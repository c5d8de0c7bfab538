from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from greenwright.deploy.checkpoint import PROGRESS, SAVE_NOW, SAVED_EXIT_CODE, Checkpoint  # noqa: E402 - torch may be absent
from greenwright.errors import BadInputError  # noqa: E402 - likewise

TRAINING = '''
import os, random, signal, sys, time
from pathlib import Path
import torch
from greenwright.deploy.checkpoint import Checkpoint

torch.set_num_threads(1)
os.fsync = lambda handle: None  # a kill leaves what the kernel holds: only a machine that crashes needs the disk, which is slow
FOLDER, KILLS = Path(sys.argv[1]), int(sys.argv[2])


def train():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(16, 256), torch.nn.Dropout(0.2), torch.nn.ReLU(), torch.nn.Linear(256, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    with Checkpoint(FOLDER, every_s=0.0, model=model, optimizer=optimizer) as checkpoint:
        for _ in checkpoint.steps(120):
            inputs = torch.randn(32, 16)
            loss = ((model(inputs) - inputs.sum(1, keepdim=True)) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    torch.save(model.state_dict(), FOLDER / "final.pt")


def warm_up():
    """What a first step imports costs seconds: once, here, and not in each of fifty children."""
    weight = torch.nn.Parameter(torch.zeros(2))
    weight.grad = torch.ones(2)
    torch.optim.AdamW([weight]).step()
    with Checkpoint(FOLDER / "warm-up", model=torch.nn.Linear(1, 1)) as checkpoint:
        list(checkpoint.steps(1))


def killed_in_a_save(rng):
    """A training that is killed with -9 while the n-th of its checkpoints is being written."""
    seen, wanted = 0, rng.randint(1, 3)
    child = os.fork()
    if child == 0:
        real = torch.save
        def slow(content, file):
            nonlocal seen
            seen += 1
            real(content, file)
            if seen == wanted and hasattr(file, "truncate"):
                file.flush()
                file.truncate(max(1, file.tell() // rng.choice((1, 2, 7))))
                os.kill(os.getpid(), signal.SIGKILL)
        torch.save = slow
        train()
        os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


warm_up()
rng = random.Random(3)
killed = sum(killed_in_a_save(rng) == signal.SIGKILL for _ in range(KILLS))
torn = len(list(FOLDER.glob(".step-*.tmp")))
train()
print(killed, torn)
'''


def run(program: Path, folder: Path, kills: int) -> list[int]:
    said = subprocess.run([sys.executable, str(program), str(folder), str(kills)], check=True, capture_output=True, text=True)
    return [int(word) for word in said.stdout.split()]


@pytest.mark.slow
def test_fifty_kills_in_the_middle_of_saving_leave_the_weights_of_an_undisturbed_run(tmp_path: Path) -> None:
    program = tmp_path / "training.py"
    program.write_text(TRAINING)

    killed, torn = run(program, tmp_path / "killed", 50)
    run(program, tmp_path / "undisturbed", 0)

    assert (killed, torn) == (50, 1)
    disturbed, plain = (torch.load(tmp_path / name / "final.pt") for name in ("killed", "undisturbed"))
    assert all(torch.equal(disturbed[name], plain[name]) for name in plain)


def a_model() -> Any:
    return torch.nn.Linear(2, 2)


def test_a_term_saves_after_the_running_step_and_ends_with_its_own_code(tmp_path: Path) -> None:
    model = a_model()
    done = []
    with pytest.raises(SystemExit) as ended, Checkpoint(tmp_path, model=model) as checkpoint:  # noqa: PT012 - its loop raises
        for step in checkpoint.steps(10):
            done.append(step)
            if step == 3:
                os.kill(os.getpid(), signal.SIGTERM)

    assert ended.value.code == SAVED_EXIT_CODE
    with Checkpoint(tmp_path, model=a_model()) as again:
        done += list(again.steps(10))
    assert done == list(range(10))


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path: Path) -> None:
    with Checkpoint(tmp_path, every_s=0.0, model=a_model()) as checkpoint:
        list(checkpoint.steps(5))
    newest = max(tmp_path.glob("step-*.pt"))
    newest.write_bytes(newest.read_bytes()[:100])

    again = Checkpoint(tmp_path, model=a_model())

    assert again.load()
    assert again.step == 4


def test_only_two_checkpoints_are_kept_and_the_progress_is_told(tmp_path: Path) -> None:
    with Checkpoint(tmp_path, every_s=0.0, model=a_model()) as checkpoint:
        list(checkpoint.steps(6))

    told = json.loads((tmp_path / PROGRESS).read_text())
    assert len(list(tmp_path.glob("step-*.pt"))) == 2
    assert told["done_share"] == 1.0
    assert told["save_s"] > 0


def test_the_interval_follows_what_saving_costs(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, interrupted_every_s=7200, model=a_model())
    checkpoint.save_s = 4.0

    assert checkpoint.interval_s == pytest.approx(240)


def test_other_parts_than_were_saved_are_refused(tmp_path: Path) -> None:
    Checkpoint(tmp_path, model=a_model()).save()

    with pytest.raises(BadInputError, match="optimizer differ"):
        Checkpoint(tmp_path, model=a_model(), optimizer=a_model()).load()


def test_without_a_folder_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="set GREENWRIGHT_CHECKPOINTS"):
        Checkpoint(model=a_model())
    monkeypatch.setenv("GREENWRIGHT_CHECKPOINTS", str(tmp_path))

    assert Checkpoint(model=a_model()).folder == tmp_path


def test_a_file_in_the_folder_asks_for_a_save_and_goes_with_it(tmp_path: Path) -> None:
    with Checkpoint(tmp_path, every_s=1e6, model=a_model()) as checkpoint:
        steps = checkpoint.steps(5)
        next(steps)
        (tmp_path / SAVE_NOW).touch()
        next(steps)

        assert [path.name for path in tmp_path.glob("step-*.pt")] == ["step-000000000001.pt"]
        assert not (tmp_path / SAVE_NOW).exists()
        next(steps)

    assert checkpoint.step == 2
    assert len(list(tmp_path.glob("step-*.pt"))) == 1
