"""What a study hands over runs without greenwright and without PyTorch, by the lines that the report prints."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from greenwright.strategies.contract import Plan
from greenwright.strategies.quantize import nncf_int8, static_int8
from greenwright.study import outputs
from greenwright.testing import zoo
from greenwright.testing.strategies import answers, given

ELSEWHERE = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"greenwright", "torch"}:
            raise ImportError(f"{name} is not installed here")

packages, snippet, inputs, outputs = sys.argv[1:]
sys.meta_path.insert(0, Blocker())
sys.path.append(packages)
for absent in ("greenwright", "torch"):
    try:
        __import__(absent)
    except ImportError:
        continue
    raise SystemExit(f"{absent} can be imported after all")

sys.modules["openvino_telemetry"] = None
import numpy as np

told = {"input": np.load(inputs)}
exec(snippet, told)
np.save(outputs, told["output"])
"""


@pytest.mark.parametrize(("strategy", "runtime"), [(static_int8, "onnxruntime"), (nncf_int8, "openvino")])
def test_a_quantized_model_runs_where_neither_is_installed(tmp_path: Path, strategy: Any, runtime: str) -> None:
    pytest.importorskip(runtime)
    result = strategy.apply(Plan(model=zoo.conv_net()), given(strategy.META, tmp_path / "work", zoo.digit_batches()))
    images = zoo.digit_batches(7, start=500)[0][0]
    np.save(tmp_path / "inputs.npy", images)
    path = outputs.write_model(result, images, tmp_path)
    snippet = outputs.load_snippet(result, path, images)
    files = [snippet, str(tmp_path / "inputs.npy"), str(tmp_path / "outputs.npy")]
    command = [sys.executable, "-I", "-S", "-W", "ignore", "-c", ELSEWHERE, sysconfig.get_path("purelib"), *files]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert runtime == result.inference.runtime
    assert path.name == "model.onnx"
    assert (0, "") == (ended.returncode, ended.stderr)
    np.testing.assert_allclose(np.load(tmp_path / "outputs.npy"), answers(result, images), rtol=1e-5, atol=1e-6)
