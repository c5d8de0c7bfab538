"""Measure every call of two functions, one of them async, keep a journal, and write a table."""

import asyncio
from pathlib import Path

from greenwright import Meter
from greenwright.meter.sending import send

meter = Meter(name="answers", journal=Path("answers.jsonl"))


@meter.measured
def think(question: str) -> int:
    """Work on an answer."""
    return sum(len(question) * number for number in range(1_000_000))


@meter.measured
async def fetch(question: str) -> int:
    """Wait, then work."""
    await asyncio.sleep(0.01)
    return think(question)


async def both() -> None:
    """Two at once: their windows overlap, and each holds all that was used while it was open."""
    await asyncio.gather(fetch("why"), fetch("how"))


asyncio.run(both())
meter.end()
for window in meter.windows:
    print(f"{window.name}: {window.energy_j.value:.3g} J")
send(meter.run(), ["csv:answers.csv"])
print(f"{len(Path('answers.csv').read_text().splitlines()) - 1} rows in answers.csv")
