"""What the base was, and what changed since, from git."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from greenwright.errors import BadInputError, CannotHereError
from greenwright.records.checks import Change

_PINS = ("*requirements*.txt", "*constraints*.txt", "*.lock", "*environment*.yml")
_PIN = re.compile(r"^(?P<sign>[-+])\s*(?:-\s*)?(?P<name>[A-Za-z][\w.-]*)\s*==?\s*v?(?P<version>\d[\w.+!-]*)\s*(?:[;#\\].*)?$")


def project_root(folder: Path) -> Path:
    """The top of the working tree that a folder lies in.

    Raises:
        BadInputError: it lies in none.
        CannotHereError: git is not installed.
    """
    return Path(_git(folder, "rev-parse", "--show-toplevel"))


def commit_of(folder: Path, ref: str) -> str:
    """The commit that a branch, tag or hash names; ``origin/…`` is tried where only the remote has it.

    Raises:
        BadInputError: none does.
    """
    for tried in (ref, f"origin/{ref}"):
        try:
            return _git(folder, "rev-parse", "--verify", "--quiet", f"{tried}^{{commit}}")
        except BadInputError:
            continue
    raise BadInputError(
        f"git knows no {ref!r} in {folder}; name another base with --base, or fetch it: a shallow clone in CI holds one commit only"
    )


@contextmanager
def checked_out(folder: Path, commit: str) -> Iterator[Path]:
    """A working tree of that commit in a folder of its own, gone afterwards; yours is left as it is."""
    parent = Path(tempfile.mkdtemp(prefix="greenwright-base-"))
    tree = parent / "tree"
    try:
        _git(folder, "worktree", "add", "--detach", "--force", str(tree), commit)
        yield tree
    finally:
        subprocess.run(["git", "-C", str(folder), "worktree", "remove", "--force", str(tree)], capture_output=True, check=False)  # noqa: S607 - the git on the path is the user's
        shutil.rmtree(parent, ignore_errors=True)


def changes_since(folder: Path, commit: str) -> Change:
    """Files and pinned packages that differ from a commit, changes that are not committed included."""
    counted = []
    for line in _git(folder, "diff", "--numstat", commit).splitlines():
        added, removed, name = line.split("\t", 2)
        counted.append((name, sum(int(one) for one in (added, removed) if one.isdigit())))
    pins = _git(folder, "diff", "--unified=0", commit, "--", *(f":(glob)**/{one}" for one in _PINS))
    return Change(files=tuple(sorted(counted, key=lambda item: -item[1])), packages=tuple(packages_changed(pins)))


def packages_changed(diff: str) -> Iterator[str]:
    """``"numpy 2.1 to 2.4"`` for every pin that a diff moves, adds or removes. Pure."""
    sides: dict[str, dict[str, str]] = {"-": {}, "+": {}}
    for line in diff.splitlines():
        if found := _PIN.match(line):
            sides[found["sign"]][found["name"].lower()] = found["version"]
    before, after = sides["-"], sides["+"]
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield f"{name} {before.get(name, 'absent')} to {after.get(name, 'absent')}"


def _git(folder: Path, *arguments: str) -> str:
    try:
        ended = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)  # noqa: S607 - the git on the path is the user's
    except FileNotFoundError as error:
        raise CannotHereError(
            "a relative budget needs git, which is not installed; install it, or use absolute budgets"
        ) from error
    if ended.returncode:
        raise BadInputError(f"git {arguments[0]} failed in {folder}: {ended.stderr.strip() or 'it said nothing'}")
    return ended.stdout.strip()
