from __future__ import annotations

import pytest

from greenwright.cli import extras as extras_module
from greenwright.cli.extras import extra_of, extras, install_command

DECLARED = [
    "rich<16,>=14",
    "Torch_Pruning<2,>=1.6; extra == 'torch'",
    "torch<3,>=2.9; extra == 'torch'",
    "torch<3,>=2.9 ; python_version > '3.10' and extra == \"optimize\"",
    "torch-pruning<2; extra == 'optimize'",
    "greenwright-no-such-package; extra == 'optimize'",
    "nvidia-ml-py>=12; extra == 'nvml'",
]


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras_module, "requires", lambda name: DECLARED)


def test_what_is_missing_of_an_extra_is_named() -> None:
    missing = {extra.name: extra.missing for extra in extras()}

    assert missing["optimize"] == ("greenwright-no-such-package",)


def test_what_is_installed_of_an_extra_has_its_version() -> None:
    from importlib.metadata import version

    installed = {extra.name: extra.installed for extra in extras()}

    assert installed["torch"]["torch"] == version("torch")


@pytest.mark.parametrize(
    ("module", "preferred", "extra"),
    [
        ("torch", "", "torch"),
        ("torch", "optimize", "optimize"),
        ("torch_pruning", "models", "torch"),
        ("pynvml", "optimize", "nvml"),
        ("rich", "", None),
        ("my_data", "", None),
    ],
)
def test_a_missing_module_leads_to_the_extra_that_brings_it(module: str, preferred: str, extra: str | None) -> None:
    assert extra_of(module, preferred) == extra


def test_an_extra_is_installed_by_a_command_that_a_shell_takes_as_it_is() -> None:
    assert install_command("torch") == "pip install 'greenwright[torch]'"
