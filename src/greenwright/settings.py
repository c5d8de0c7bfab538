"""Where greenwright keeps things, and who decided: command line > environment > ``greenwright.toml`` > defaults."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from greenwright.errors import BadInputError

FILE = "greenwright.toml"
DEFAULT = "default"
OPTIONAL = ("wall_meter", "redfish_url", "cpu_time")
KEYS = ("home", "ledger_url", "out", *OPTIONAL)
SECTIONS = ("check", "budget")
"""Tables of ``greenwright.toml`` that commands read for themselves."""
CPU_TIMES = ("process", "cgroup")
_PASSWORD = re.compile(r"(?<=:)[^:/@]+(?=@)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value as it was found, with who set it."""

    name: str
    value: str
    origin: str
    """For people: "command line", "GREENWRIGHT_HOME", the path of a greenwright.toml, or "default"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for this run."""

    home: Path
    """Ledger and journals."""
    ledger_url: str
    """As SQLAlchemy reads it."""
    out: Path
    """A study writes to a folder of its own in here."""
    found: tuple[Setting, ...]
    wall_meter: str = ""
    """A CSV file that a logger appends to, or the URL at which a smart plug or PDU answers; "" for none."""
    redfish_url: str = ""
    """``https://user:password@host`` of this machine's management controller; "" for none."""
    cpu_time: str = "process"
    """Whose CPU time stands in where no counter covers the CPU: of this "process", or of its whole "cgroup"."""


def resolve(
    command_line: Mapping[str, str | None] | None = None,
    environment: Mapping[str, str] | None = None,
    start: Path | None = None,
) -> Settings:
    """Every setting, from the first place that sets it. ``start`` is where the search for ``greenwright.toml`` begins.

    Raises:
        BadInputError: ``greenwright.toml`` is malformed or has an unknown key, or a value cannot be used.
    """
    environment = os.environ if environment is None else environment
    start = Path.cwd() if start is None else start
    layers = (_from_command_line(command_line or {}, start), _from_environment(environment, start), _from_file(start))
    given = {name: setting for layer in reversed(layers) for name, setting in layer.items()}
    home = given.get("home") or _default("home", str(_default_home()))
    ledger_url = given.get("ledger_url") or _default("ledger_url", f"sqlite:///{Path(home.value) / 'ledger.db'}")
    out = given.get("out") or _default("out", str(start / "greenwright-out"))
    if "://" not in ledger_url.value:
        raise BadInputError(
            f"ledger_url is {ledger_url.value!r} ({ledger_url.origin}); give a URL, such as sqlite:////srv/greenwright.db"
        )
    optional = {name: given[name] for name in OPTIONAL if name in given}
    if (cpu_time := optional.get("cpu_time")) and cpu_time.value not in CPU_TIMES:
        raise BadInputError(f"cpu_time is {cpu_time.value!r} ({cpu_time.origin}); give one of {', '.join(CPU_TIMES)}")
    return Settings(
        home=Path(home.value),
        ledger_url=ledger_url.value,
        out=Path(out.value),
        found=(home, ledger_url, out, *optional.values()),
        **{name: setting.value for name, setting in optional.items()},
    )


def without_password(url: str) -> str:
    """A database URL as it may be printed."""
    return _PASSWORD.sub("***", url)


def _from_command_line(given: Mapping[str, str | None], folder: Path) -> dict[str, Setting]:
    return {name: _setting(name, value, "command line", folder) for name, value in given.items() if value is not None}


def _from_environment(environment: Mapping[str, str], folder: Path) -> dict[str, Setting]:
    named = {name: f"GREENWRIGHT_{name.upper()}" for name in KEYS}
    return {name: _setting(name, environment[key], key, folder) for name, key in named.items() if environment.get(key)}


def _from_file(start: Path) -> dict[str, Setting]:
    path = next((folder / FILE for folder in (start, *start.parents) if (folder / FILE).is_file()), None)
    if path is None:
        return {}
    own = {name: value for name, value in _read(path).items() if name not in SECTIONS}
    return {name: _setting(name, _checked(name, value, path), str(path), path.parent) for name, value in own.items()}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not TOML: {error}") from error
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from error


def _checked(name: str, value: Any, path: Path) -> str:
    if name not in KEYS:
        near = get_close_matches(name, KEYS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(KEYS)}"
        raise BadInputError(f"{path} sets {name!r}, which is no setting; {hint}")
    if not isinstance(value, str) or not value:
        raise BadInputError(f'{path} sets {name} to {value!r}; write it as text, such as {name} = "…"')
    return value


def _setting(name: str, value: str, origin: str, folder: Path) -> Setting:
    """A path is relative to where it was written: the folder of ``greenwright.toml``, or the current one."""
    is_path = name in ("home", "out", "wall_meter") and (name != "wall_meter" or "://" not in value)
    absolute = str(folder / Path(value).expanduser()) if is_path else value
    return Setting(name=name, value=absolute, origin=origin)


def _default(name: str, value: str) -> Setting:
    return Setting(name=name, value=value, origin=DEFAULT)


def _default_home() -> Path:
    from platformdirs import user_data_path

    return user_data_path("greenwright")
