from __future__ import annotations

import inspect

import pytest

from greenwright import errors
from greenwright.cli.exit_codes import MEANINGS, ExitCode, exit_code
from greenwright.errors import BadInputError, CannotHereError, CatalogueError, GreenwrightError


def test_every_error_has_the_one_root_and_stands_in_the_table_of_the_docstring() -> None:
    for name, error in inspect.getmembers(errors, inspect.isclass):
        assert issubclass(error, GreenwrightError)
        assert name in (errors.__doc__ or "")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInputError("x"), ExitCode.WRONG_USE),
        (CannotHereError("x"), ExitCode.CANNOT_HERE),
        (CatalogueError("x"), ExitCode.WRONG_USE),
        (GreenwrightError("x"), ExitCode.FAILED),
    ],
)
def test_every_error_has_its_exit_code(error: GreenwrightError, code: ExitCode) -> None:
    assert exit_code(error) == code


def test_an_outside_plugin_may_refine_an_error() -> None:
    class NoSuchModelError(BadInputError):
        """A plugin's own."""

    assert exit_code(NoSuchModelError("x")) == ExitCode.WRONG_USE


def test_every_exit_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(ExitCode)
