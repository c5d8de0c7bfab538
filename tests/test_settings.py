from __future__ import annotations

from pathlib import Path

import pytest

from greenwright.errors import BadInputError
from greenwright.settings import Settings, resolve, without_password


def origins(settings: Settings) -> dict[str, str]:
    return {setting.name: setting.origin for setting in settings.found}


def test_defaults_hold_where_nobody_says_otherwise(tmp_path: Path) -> None:
    settings = resolve(environment={}, start=tmp_path)

    assert origins(settings) == {"home": "default", "ledger_url": "default", "out": "default"}
    assert settings.home.name == "greenwright"
    assert settings.out == tmp_path / "greenwright-out"


def test_the_ledger_lives_in_the_home_that_won(tmp_path: Path) -> None:
    settings = resolve(environment={"GREENWRIGHT_HOME": "/srv/green"}, start=tmp_path)

    assert settings.ledger_url == "sqlite:////srv/green/ledger.db"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "greenwright.toml").write_text('home = "/file"\nout = "/file"\nledger_url = "sqlite:////file"\n')
    environment = {"GREENWRIGHT_HOME": "/environment", "GREENWRIGHT_OUT": "/environment"}

    settings = resolve({"out": "/line", "home": None}, environment, tmp_path)

    assert (settings.ledger_url, settings.home, settings.out) == ("sqlite:////file", Path("/environment"), Path("/line"))
    assert origins(settings) == {
        "home": "GREENWRIGHT_HOME",
        "ledger_url": str(tmp_path / "greenwright.toml"),
        "out": "command line",
    }


def test_the_nearest_file_upward_counts_and_its_paths_are_relative_to_it(tmp_path: Path) -> None:
    deep = tmp_path / "project" / "src"
    deep.mkdir(parents=True)
    (tmp_path / "greenwright.toml").write_text('out = "far"\n')
    (tmp_path / "project" / "greenwright.toml").write_text('out = "near"\n')

    assert resolve(environment={}, start=deep).out == tmp_path / "project" / "near"


def test_a_path_from_the_command_line_is_relative_to_the_current_folder(tmp_path: Path) -> None:
    assert resolve({"out": "here"}, {}, tmp_path).out == tmp_path / "here"


def test_the_home_folder_of_the_user_is_expanded(tmp_path: Path) -> None:
    assert resolve({"home": "~/green"}, {}, tmp_path).home == Path.home() / "green"


def test_an_empty_variable_is_no_setting(tmp_path: Path) -> None:
    assert origins(resolve(environment={"GREENWRIGHT_HOME": ""}, start=tmp_path))["home"] == "default"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('hoem = "x"', r"sets 'hoem', which is no setting; did you mean 'home'\?"),
        ("[quota]\nx = 1", "sets 'quota', which is no setting; known are home, ledger_url, out"),
        ("home = 3", "sets home to 3; write it as text"),
        ('home = ""', "sets home to ''; write it as text"),
        ('home = "x"\nout = \n', r"is not TOML: .*line 2"),
        ('ledger_url = "ledger.db"', r"ledger_url is 'ledger.db' \(.*greenwright.toml\); give a URL"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_the_file(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "greenwright.toml").write_text(text)

    with pytest.raises(BadInputError, match=said) as caught:
        resolve(environment={}, start=tmp_path)
    assert str(tmp_path / "greenwright.toml") in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "greenwright.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(BadInputError, match="is not TOML"):
        resolve(environment={}, start=tmp_path)


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("postgresql://me:secret@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me@host:5432/db", "postgresql://me@host:5432/db"),
        ("sqlite:////srv/ledger.db", "sqlite:////srv/ledger.db"),
    ],
)
def test_a_password_is_never_printed(url: str, printed: str) -> None:
    assert without_password(url) == printed
