"""Turn joules into grams, litres and money, and ask what one request cost."""

from greenwright.catalogue.places import place
from greenwright.footprint.arithmetic import exactly
from greenwright.footprint.sci import sci_of_g_per_unit
from greenwright.footprint.whole import carbon_total_g, footprint, per_unit
from greenwright.records.footprint import HardwareUse, Supply

where = place("aws/eu-west-1")
supply = Supply(
    pue_ratio=where.pue,
    location_g_per_kwh=where.intensity_g_per_kwh,
    site_consumed_l_per_kwh=where.water_l_per_kwh,
    grid_consumed_l_per_kwh=where.plant_water_l_per_kwh,
    hydro_included=True,
    price_per_kwh=exactly(0.18, "our tariff"),
    currency="EUR",
)
server = HardwareUse(name="server", used_s=3_600.0, lifespan_s=4 * 8_760 * 3_600.0, embodied_g=exactly(1.3e6, "the maker"))
hour = footprint(exactly(1.8e6, "wall meter"), supply, [server], unit="1 request", units=20_000)

carbon = carbon_total_g(hour)
each = per_unit(hour)
print(f"{carbon.value:.0f} g CO2e, between {carbon.low:.0f} and {carbon.high:.0f}, {carbon.grade}")
print(f"{each.location_g.value * 1e3:.1f} mg per request by location; SCI {sci_of_g_per_unit(hour).value * 1e3:.1f} mg")
print(f"{hour.site_water.consumed_l.value:.2f} L at the site, {hour.grid_water.consumed_l.value:.2f} L at power stations")
