"""Where intensities come from: one file per source, each with ``META`` and ``fetch``; see ``grid.contract``."""

MEMBERS = {
    name.replace("_", "-"): f"greenwright.grid.sources.{name}"
    for name in ("file", "neso", "electricity_maps", "watttime", "entsoe", "eia", "carbon_aware_sdk", "catalogue")
}
