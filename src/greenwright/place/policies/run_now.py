"""Start at once and run to the end: what every other policy is held against."""

from __future__ import annotations

from greenwright.place.contract import EPSILON, PolicyMeta, Schedule, Task, single, whole_and_rest

META = PolicyMeta(
    id="run-now",
    title="Start at once and run to the end",
    exact="where every hour costs the same, or none can be waited for",
    source="https://doi.org/10.1145/3464298.3493399",
)


def schedules(task: Task) -> list[Schedule]:
    """One schedule, from the first slot on; none for a task of several levels or where it would end too late."""
    if len(task.work_share) > 1:
        return []
    touched, rest = whole_and_rest(float(task.run_slots[0]))
    end = task.first + touched
    if end > task.price_g.shape[1] or (end - 1 + rest) * task.step_s > task.deadline_s * (1 + EPSILON):
        return []
    return [single(task, list(range(task.first, end)), rest)]
