"""Run a meter on machines whose energy is known, on a clock that the check turns."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from greenwright.testing.conformance import CASES, measure

for case in CASES:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        outcome = measure(case, Path(folder), patch)
    said = "; ".join(outcome.window.problems) or "no problems"
    print(f"{case.name}: {outcome.measured_j:.6g} J of {outcome.truth_j:.6g} J, wrong by {outcome.error_share:.4%}; {said}")
