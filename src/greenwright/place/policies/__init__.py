"""Ways to lay a job over the hours, one file per policy."""

from __future__ import annotations

MEMBERS = {
    "run-now": "greenwright.place.policies.run_now",
    "lowest-window": "greenwright.place.policies.lowest_window",
    "cheapest-hours": "greenwright.place.policies.cheapest_hours",
    "elastic-width": "greenwright.place.policies.elastic_width",
}
