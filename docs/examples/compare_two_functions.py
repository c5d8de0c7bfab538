"""Ask which of two pieces of work needs less energy, and how sure that is."""

import re

from greenwright import compare

TEXT = "measure first, then change " * 20_000

compared = compare(
    lambda: len(re.findall("change", TEXT)),
    lambda: TEXT.count("change"),
    tolerance_share=0.1,
    max_s=10,
)

ratio = compared.ratio
print(f"str.count needs {ratio.value:.1%} of the energy of re.findall")
print(f"between {ratio.low:.1%} and {ratio.high:.1%} at {ratio.confidence:.0%} confidence, from {compared.pair_count} pairs")
print(f"the interval is {'as narrow as asked' if compared.tight else 'wider than asked: this machine is busy'}")
