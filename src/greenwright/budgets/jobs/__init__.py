"""Ready-made files: a greenwright.toml to begin with, jobs for GitHub and GitLab, a hook for pre-commit."""

from __future__ import annotations

from importlib.resources import files

from greenwright.errors import BadInputError

JOBS = {
    "toml": "greenwright.toml",
    "github": "github.yml",
    "github-comment": "github-comment.yml",
    "gitlab": "gitlab.yml",
    "pre-commit": "pre-commit.yml",
}


def job(name: str) -> str:
    """The text of one of them.

    Raises:
        BadInputError: none is called so.
    """
    if name not in JOBS:
        raise BadInputError(f"there is no job {name!r}; there are {', '.join(JOBS)}")
    return (files(__name__) / JOBS[name]).read_text(encoding="utf-8")
