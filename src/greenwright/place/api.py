"""``greenwright.place``: plan the jobs of a file or of a mapping, alone or together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from greenwright.place import job_file
from greenwright.place.making import Look, Setting, setting
from greenwright.place.planner import plan
from greenwright.place.service import service
from greenwright.place.together import together
from greenwright.records.placement import FleetPlan, Plan, ServicePlan


def place(
    job: str | Path | Mapping[str, Any], *, look: Look | None = None, now: datetime | None = None, limit_s: float = 30.0
) -> Plan | FleetPlan | ServicePlan:
    """Where, when, on what and how wide: a ``Plan`` for one job, a ``FleetPlan`` where the file holds several.

    A file with ``[service]`` gives a ``ServicePlan``.

    Args:
        job: The path of a JOB.toml, or the same as a mapping.
        look: What is known of the hours to come at a place, slot by slot; without it every place has its yearly mean, unless the
            job gives intensities itself.
        now: When the plan starts; the clock's time, if not given.
        limit_s: Longest to look for a plan of many jobs.

    Raises:
        BadInputError: the job is not understood; the text says which part.
    """
    file, folder = _read(job)
    if file.service is not None:
        return service(file.service, folder)
    made = setting(file, folder, look=look, now=now)
    if len(made.jobs) > 1:
        return together(made, limit_s=limit_s)
    return alone(made)


def alone(made: Setting) -> Plan:
    """The plan of the only job."""
    return plan(
        made.jobs[0],
        made.sites,
        made.outlooks,
        here=made.heres[0],
        network=made.network,
        starts_at=made.starts_at,
        step_s=made.step_s,
        wish=made.wish,
        notes=made.notes,
    )


def _read(job: str | Path | Mapping[str, Any]) -> tuple[job_file.JobFile, Path]:
    if isinstance(job, Mapping):
        return job_file.checked(dict(job), "the job"), Path.cwd()
    path = Path(job)
    return job_file.read(path), path.parent
