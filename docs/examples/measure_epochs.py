"""Measure a training loop epoch by epoch: a line an epoch, and the windows to go on with."""

from greenwright import Meter
from greenwright.meter.epochs import epochs

meter = Meter(name="training")
weight = 0.0
for epoch in epochs(range(3), meter=meter, say=print):
    for _ in range(1_000_000 * (epoch + 1)):
        weight -= 0.1 * 2 * (weight - 3.0)

*each, whole = meter.windows
print(f"{len(each)} epochs needed {whole.energy_j.value:.3g} J, graded {whole.energy_j.grade}")
