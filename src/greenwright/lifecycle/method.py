"""How a footprint is computed, in words that stand in every report."""

from __future__ import annotations

METHOD = (
    "Energy of each part at the boundary of IT, times the PUE of its place, is the facility's energy. Carbon is location-based: that "
    "energy times the grid's average intensity; market-based and marginal carbon are computed from the same energy, stand apart, and are "
    "in no total. Water is WUE times IT energy at the site, and litres per delivered kilowatt-hour at power stations. Hardware counts by "
    "the time of its life that was used up. Ranges are worst cases; each number is as good as its weakest part. Offsets are left out."
)
