from __future__ import annotations

import greenwright


def test_every_public_name_is_what_it_is_called() -> None:
    for name in set(greenwright.__all__) - {"__version__"}:
        assert getattr(greenwright, name).__name__.removeprefix("greenwright.") == name


def test_every_public_name_is_told_to_those_who_ask() -> None:
    assert dir(greenwright) == sorted(greenwright.__all__)


def test_a_name_that_is_not_there_is_an_ordinary_attribute_error() -> None:
    assert not hasattr(greenwright, "magic")
