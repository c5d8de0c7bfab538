"""``greenwright accelerators``: which accelerator emits least for one unit of this work, its making included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from greenwright.cli.show import console, print_json, section
from greenwright.errors import BadInputError
from greenwright.report.words import duration_text, energy_text
from greenwright.units import BYTES_PER_GB

if TYPE_CHECKING:
    from greenwright.catalogue.devices import Device
    from greenwright.catalogue.places import Place
    from greenwright.place.accelerators import LeftOut, Ranked


def accelerators(  # noqa: PLR0913  one parameter an option
    *,
    flop_count: Annotated[float | None, typer.Option("--flop", help="Operations of one unit of work.", metavar="COUNT")] = None,
    moved_bytes: Annotated[
        float, typer.Option("--bytes", help="Bytes that one unit moves to and from memory.", metavar="COUNT")
    ] = 0.0,
    precision: Annotated[str, typer.Option("--precision", help="fp32, tf32, fp16, fp8, int8 …")] = "fp16",
    peak_share: Annotated[float, typer.Option("--peak-share", help="Part of the peak that such work reaches.")] = 0.4,
    memory_gb: Annotated[float, typer.Option("--memory", help="Gigabytes that the work fills.", metavar="GB")] = 0.0,
    benchmark: Annotated[
        str, typer.Option("--benchmark", help="MLPerf benchmark whose sample is the unit, such as resnet50.")
    ] = "",
    only: Annotated[list[str] | None, typer.Option("--only", help="Rank this one; may be given again.", metavar="NAME")] = None,
    where: Annotated[
        str, typer.Option("--in", help="Where it runs: DE, aws/eu-west-1, US-CAL-CISO.", metavar="PLACE")
    ] = "world",
    count: Annotated[int, typer.Option("--count", help="How many to print.", min=1)] = 15,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Rank accelerators by grams of CO2e per unit of this work: measured runs of MLPerf Power first, else a roofline."""
    from greenwright.catalogue.places import place
    from greenwright.place.accelerators import rank
    from greenwright.place.roofline import Work

    if flop_count is None and not benchmark:
        raise BadInputError("say what one unit of work is: --flop 2e12 --bytes 14e9, or --benchmark resnet50")
    _refuse_nonsense(flop_count, peak_share)
    here = place(where)
    work = (
        None
        if flop_count is None
        else Work(flop_count=flop_count, moved_bytes=moved_bytes, precision=precision, peak_share=peak_share)
    )
    ranked, left = rank(
        _devices(only),
        work=work,
        benchmark=benchmark,
        intensity_g_per_kwh=here.intensity_g_per_kwh,
        pue=here.pue,
        needed_bytes=memory_gb * BYTES_PER_GB,
    )
    if json:
        print_json({"place": here.key, "ranked": ranked, "left_out": left})
    else:
        _print(ranked, left, here, count, all_named=bool(only))


def _refuse_nonsense(flop_count: float | None, peak_share: float) -> None:
    if flop_count is not None and flop_count <= 0:
        raise BadInputError(f"--flop is {flop_count:g}; one unit of work has more than 0 operations")
    if not 0 < peak_share <= 1:
        raise BadInputError(f"--peak-share is {peak_share:g}; it is a part of the peak, above 0 and at most 1")


def _devices(only: list[str] | None) -> list[Device]:
    from greenwright.catalogue.devices import accelerators as known
    from greenwright.catalogue.devices import device

    if not only:
        return known()
    found = {name: device(name) for name in only}
    if unknown := [name for name, one in found.items() if one is None]:
        raise BadInputError(f"nobody knows {', '.join(unknown)}; see: greenwright catalogue accelerators")
    return [one for one in found.values() if one is not None]


def _print(ranked: list[Ranked], left: list[LeftOut], here: Place, count: int, *, all_named: bool) -> None:
    page = console()
    rows = [("", "per unit", "range", "energy", "device time", "making", "how")]
    for one in ranked[:count]:
        amount = one.g_per_unit
        making = one.making_g_per_unit / amount.value if amount.value else 0.0
        span = f"{grams_text(amount.low)} to {grams_text(amount.high)}"
        energy, spent = energy_text(one.energy_j_per_unit.value), duration_text(one.duration_s_per_unit)
        rows.append((one.name, grams_text(amount.value), span, energy, spent, f"{making:.0%}", one.how))
    section(page, f"Grams of CO2e per unit, in {here.name} ({here.intensity_g_per_kwh.value:g} g/kWh, {here.year})", rows)
    shown = left if all_named else [one for one in left if "experimental" in one.why]
    if shown:
        section(page, "Not ranked", [(one.name, one.why) for one in shown])
    hidden = len(left) - len(shown)
    if hidden:
        typer.echo(f"{hidden} more cannot be compared on this work: no peak, power or run is known. --json tells why.")
    if not here.known:
        typer.echo(f"grade: {here.intensity_g_per_kwh.grade}. {here.intensity_g_per_kwh.source}; give the place with --in")


def grams_text(amount_g: float) -> str:
    """``0.00123`` as ``"1.23 mg"``."""
    for scale, unit in ((1e6, "t"), (1e3, "kg"), (1.0, "g"), (1e-3, "mg"), (1e-6, "µg"), (1e-9, "ng")):
        if abs(amount_g) >= scale:
            return f"{amount_g / scale:.3g} {unit}"
    return f"{amount_g / 1e-12:.3g} pg"
