from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner, Result

from greenwright import __version__
from greenwright.cli.exit_codes import MEANINGS
from greenwright.cli.main import COMMANDS, app
from greenwright.errors import BadInputError, CannotHereError

RUNNER = CliRunner()
INTERRUPTIBLE = ["env", "--default-signal=INT"]
"""Where the tests themselves run in the background of a shell, what they start would not hear of Ctrl-C."""


def call(*arguments: str) -> Result:
    return RUNNER.invoke(app, list(arguments), prog_name="greenwright")


@pytest.fixture
def optimize(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make ``greenwright optimize`` end in the given error."""

    def ends_in(error: BaseException) -> None:
        def optimize() -> None:
            raise error

        module = ModuleType("greenwright.cli.optimize")
        module.optimize = optimize  # type: ignore[attr-defined]  # as the real module has it
        monkeypatch.setitem(sys.modules, "greenwright.cli.optimize", module)

    return ends_in


def test_help_names_every_command_and_every_exit_code() -> None:
    said = call("--help").stdout

    assert all(re.search(rf"^  {name} +{command.title}$", said, re.MULTILINE) for name, command in COMMANDS.items())
    assert all(re.search(rf"^ +{int(code)} +{meaning}$", said, re.MULTILINE) for code, meaning in MEANINGS.items())


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_and_json(name: str) -> None:
    ended = call(name, "--help")

    assert ended.exit_code == 0
    assert "--json" in ended.stdout


def test_the_version_is_printed_alone() -> None:
    assert call("--version").stdout == f"{__version__}\n"


def test_no_command_at_all_prints_the_help_and_is_wrong_use() -> None:
    ended = call()

    assert ended.exit_code == 2
    assert "Commands:" in ended.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["modles"], "No such command 'modles'. Did you mean 'models'?"),
        (["--colour"], "No such option: --colour"),
        (["doctor", "--jsn"], "No such option: --jsn (Possible options: --json)"),
        (["doctor", "now"], "Got unexpected extra argument"),
    ],
)
def test_wrong_use_is_said_and_exits_with_2(arguments: list[str], said: str) -> None:
    ended = call(*arguments)

    assert ended.exit_code == 2
    assert said in ended.stderr


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (BadInputError("no test set"), 2, "error: no test set\n"),
        (CannotHereError("no counter"), 3, "error: no counter\n"),
        (
            ModuleNotFoundError("No module named 'torch'", name="torch"),
            3,
            "error: `greenwright optimize` needs torch, which is not installed; install it with: pip install 'greenwright[optimize]'\n",
        ),
    ],
)
def test_an_expected_error_is_one_line_and_an_exit_code(
    optimize: Callable[[BaseException], None], error: BaseException, code: int, said: str
) -> None:
    optimize(error)

    ended = call("optimize")

    assert (ended.exit_code, ended.stdout, ended.stderr) == (code, "", said)


def test_an_interrupted_study_says_how_to_go_on(
    optimize: Callable[[BaseException], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["greenwright", "optimize", "my work.py", "--resume"])
    optimize(KeyboardInterrupt())

    ended = call("optimize")

    assert ended.exit_code == 130
    assert ended.stderr == "interrupted; to go on where it stopped: greenwright optimize 'my work.py' --resume\n"


@pytest.mark.parametrize("how", [{"args": ["--debug"]}, {"env": {"GREENWRIGHT_DEBUG": "1"}}], ids=["option", "environment"])
def test_debug_shows_where_an_error_came_from(
    optimize: Callable[[BaseException], None], monkeypatch: pytest.MonkeyPatch, how: dict[str, dict[str, str]]
) -> None:
    optimize(BadInputError("no test set"))
    for name, value in how.get("env", {}).items():
        monkeypatch.setenv(name, value)

    ended = call(*how.get("args", []), "optimize")

    assert "Traceback" in ended.stderr
    assert ended.stderr.endswith("error: no test set\n")


def test_a_module_that_no_extra_brings_is_no_missing_extra(optimize: Callable[[BaseException], None]) -> None:
    optimize(ModuleNotFoundError("No module named 'my_data'", name="my_data"))

    ended = call("optimize")

    assert isinstance(ended.exception, ModuleNotFoundError)


BROKEN = """
import sys, types
from greenwright.cli.main import main
module = types.ModuleType("greenwright.cli.optimize")
def optimize() -> None:
    {body}
module.optimize = optimize
sys.modules["greenwright.cli.optimize"] = module
sys.argv = ["greenwright", "optimize"]
main()
"""


def test_what_nobody_expected_shows_its_traceback_and_asks_to_be_reported() -> None:
    ended = subprocess.run([sys.executable, "-c", BROKEN.format(body="1 / 0")], capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "ZeroDivisionError" in ended.stderr
    assert "please report" in ended.stderr.splitlines()[-1]


def test_control_c_ends_in_130_without_a_traceback() -> None:
    body = "print('ready', flush=True); import time; time.sleep(60)"
    with subprocess.Popen(
        [*INTERRUPTIBLE, sys.executable, "-c", BROKEN.format(body=body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate()

    assert running.returncode == 130
    assert said == "interrupted; to go on where it stopped: greenwright optimize --resume\n"


def test_a_reader_that_leaves_early_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)

    ended = subprocess.run([sys.executable, "-m", "greenwright", "doctor"], stdout=writing, stderr=subprocess.PIPE, check=False)

    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_greenwright_runs_as_a_module_too(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-m", "greenwright", "--version"], cwd=tmp_path, capture_output=True, check=True)

    assert ended.stdout.decode() == f"{__version__}\n"
