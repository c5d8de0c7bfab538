"""A plan of a whole life."""

from __future__ import annotations

from pathlib import Path

import pytest

PLAN = """
name = "support-classifier"
version = "1.2"
unit = "1 request"
units = 1_000_000

[place]
where = "DE"
operated_by = "own"
pue = { value = 1.2, low = 1.1, high = 1.3, source = "operator", grade = "sampled" }
intensity_g_per_kwh = 400
market_g_per_kwh = 20
wue_l_per_kwh = 0.5
grid_water_l_per_kwh = 2
hydro_included = true
price_per_kwh = 0.1
currency = "EUR"

[[part]]
phase = "data"
name = "keeping"
stored = "1 TB"
copies = 2
hours = 1000

[[part]]
phase = "data"
name = "moving"
moved = "100 GB"

[[part]]
phase = "training"
name = "training"
accelerator = "H100"
count = 8
hours = 100
load = 0.5
rent_per_h = 3.0

[[part]]
phase = "deployment"
name = "serving"
energy_per_unit = { value = "1 J", low = "0.8 J", high = "1.5 J", source = "study", grade = "modelled" }

[[part]]
phase = "maintenance"
name = "retraining"
like = "training"
share = 0.5
times = 4

[[part]]
phase = "retirement"
name = "archive"
energy = "2 kWh"
boundary = "facility"

[[instead]]
name = "the old model"
energy_per_unit = "3 J"

[score]
median = "2 J"
best_tenth = "0.5 J"
against = "the team's last ten models"

[facts]
training_type = "fine-tuning"
training_flop = 3.1e21
training_hours = 100
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "life.toml"
    path.write_text(PLAN)
    return path
