"""Split what this machine uses in the next second among its processes."""

from greenwright.meter.processes import watch

split = watch(1.0)

for share in split.shares[:3]:
    adds = share.marginal_j
    print(
        f"{share.name}: {adds.value:.3g} J, between {adds.low:.3g} and {adds.high:.3g}; with its part of idling {share.full_j.value:.3g} J"
    )

parts_j = split.idle_j.value + split.unattributed_j.value + sum(share.marginal_j.value for share in split.shares)
print(f"{len(split.shares)} processes, idling and the unattributed part: {parts_j:.6g} J of {split.total_j.value:.6g} J")
