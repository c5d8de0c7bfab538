"""The power of CPUs claims no more than is known."""

from __future__ import annotations

from collections import Counter

from greenwright.catalogue.load import factors

KNOWN = factors("cpu_power")


SWEEPS = {
    "epyc-genoa": (  # AMD EPYC 8024P (Siena)
        (16, [(0.6, 18.26), (10, 29.2), (20, 38.56), (30, 41.71), (40.3, 43.07), (50, 47.57), (64.6, 48.7), (70.2, 49.24)]),
        (16, [(0.6, 18.26), (80, 50.87), (89.4, 46.07), (100, 46.25)]),
        (16, [(0, 17.68), (6.8, 37.54), (18.6, 41.56), (24.8, 43.46), (37.3, 47.15), (50.3, 49.33), (56.2, 49.88)]),
        (16, [(0, 17.68), (71.6, 51.3), (78.1, 45.57), (87.5, 46.5), (100, 46.74)]),
    ),
    "ivy-bridge": (  # Intel Xeon E3-1240 v2
        (8, [(2.5, 5.46), (12.5, 6.83), (21.8, 8.11), (32.5, 9.44), (41.2, 14.07), (51.3, 23.96), (60.8, 29.5)]),
        (8, [(2.5, 5.46), (71.3, 44.5), (80.2, 47.16), (88.9, 48.36), (100, 49.41)]),
        (8, [(2.5, 5.67), (13.7, 21.06), (25.3, 29.37), (38.8, 36.64), (50, 42.76), (60.8, 44.52), (76.2, 46.78)]),
        (8, [(2.5, 5.67), (88.7, 47.66), (100, 49.64)]),
    ),
    "haswell": (  # two Intel Xeon E5-2620 v3
        (24, [(0, 15.91), (10, 30.74), (20, 38.2), (30, 44.72), (40.5, 62.18), (50.2, 61.49), (60, 75.76), (69.9, 111.8)]),
        (24, [(0, 15.91), (80.8, 115.75), (89.7, 117.42), (99.6, 104.97)]),
        (24, [(0, 15.7), (8.7, 34.61), (17, 39.51), (29, 49.53), (37.9, 49.94), (50, 66.98), (58.7, 71.54), (66.7, 71.91)]),
        (24, [(0, 15.7), (79.2, 75.64), (87.5, 79.05), (100, 96.27)]),
    ),
    "unknown": (  # AMD Threadripper 1950X
        (32, [(2.8, 42.66), (13.9, 62.02), (23.2, 78.33), (36.4, 105.61), (44.8, 127.58), (53.1, 143.26), (66, 172.51)]),
        (32, [(2.8, 42.66), (72.1, 170.35), (83.1, 169.24), (91.7, 166.89), (99.7, 167.09)]),
        (32, [(5, 44.38), (12.2, 75.67), (22.9, 92.44), (32.2, 122.3), (41.4, 146.48), (52, 174.71), (64, 173.43)]),
        (32, [(5, 44.38), (73.1, 169.56), (80.1, 167.47), (92.5, 166.09), (100, 165.32)]),
    ),
}
"""Logical CPUs; percent of them that were busy, and watts of the package, idle first.

Source: mlco2/codecarbon (MIT), codecarbon/data/hardware/cpu_load_profiling, all_cores and some_cores of 2025-01-14, each point the
joules over the seconds of half a minute. The set "E5-1240" is left out: it shows 96 W on a CPU of 69 W.
"""


def test_nine_of_ten_points_of_the_public_sweeps_lie_within_the_range() -> None:
    inside = []
    for key, sweeps in SWEEPS.items():
        for cpu_count, ((idle_percent, idle_w), *points) in sweeps:
            for percent, power_w in points:
                added_w = (power_w - idle_w) / ((percent - idle_percent) / 100 * cpu_count)
                inside.append(KNOWN[key].low <= added_w <= KNOWN[key].high)

    assert 78 == len(inside)
    assert 72 == sum(inside)


def test_every_range_is_at_least_what_the_sweeps_ask_for() -> None:
    assert [] == [key for key, one in KNOWN.items() if one.low > one.value * 0.4 + 0.01 or one.high < one.value * 4 - 0.01]


def test_the_range_of_an_unknown_cpu_holds_every_known_value() -> None:
    unknown = KNOWN["unknown"]

    assert [] == [key for key, factor in KNOWN.items() if not unknown.low <= factor.value <= unknown.high]


def test_no_cpu_matches_two_entries() -> None:
    names = Counter(name for factor in KNOWN.values() for name in factor.match)

    assert [] == [name for name, count in names.items() if count > 1]


def test_every_entry_but_the_unknown_can_be_matched_and_has_a_title() -> None:
    assert ["unknown"] == [key for key, factor in KNOWN.items() if not factor.match]
    assert all(factor.title for factor in KNOWN.values())
