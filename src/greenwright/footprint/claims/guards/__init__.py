"""The accounting mistakes that publications made: one file per mistake."""

MEMBERS = {
    name: f"greenwright.footprint.claims.guards.{name.replace('-', '_')}"
    for name in (
        "energy-times-intensity",
        "devices-times-time",
        "sum-of-rows",
        "implied-intensity",
        "implied-power",
        "units-printed",
        "card-metadata",
        "water-times-pue",
        "market-and-location",
        "offsets",
        "cumulative-rows",
        "overlapping-runs",
        "scheduler-energy",
        "counter-readings",
        "elapsed-days",
        "unknown-as-zero",
        "modelled-as-measured",
        "per-unit",
        "chip-counts",
        "boundary-unsaid",
    )
}
