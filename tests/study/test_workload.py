from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from greenwright.errors import BadInputError
from greenwright.records.models import OnnxModel
from greenwright.study.workload import Workload, load_workload, model_of, onnx_workload

PAIR = (np.zeros((4, 2)), np.zeros(4))
MODEL = torch.nn.Linear(2, 2)


def file_with(folder: Path, text: str) -> Path:
    path = folder / "workload.py"
    path.write_text(text)
    return path


def test_a_workload_file_gives_what_its_function_makes(tmp_path: Path) -> None:
    path = file_with(
        tmp_path,
        "from greenwright import Workload\n"
        "def workload():\n"
        "    return Workload(model='m.onnx', validation=[(1, 2)], test=[(3, 4)], unit='1 word')\n",
    )

    assert load_workload(path).unit == "1 word"


def test_a_workload_file_may_import_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside_the_workload.py").write_text("UNIT = '1 page'\n")
    path = file_with(
        tmp_path,
        "from beside_the_workload import UNIT\n"
        "from greenwright import Workload\n"
        "def workload():\n"
        "    return Workload(model='m.onnx', validation=[(1, 2)], test=[(3, 4)], unit=UNIT)\n",
    )

    assert load_workload(path).unit == "1 page"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"there is no workload at .*nowhere\.py"):
        load_workload(tmp_path / "nowhere.py")
    with pytest.raises(BadInputError, match="there is no workload at"):
        load_workload(tmp_path)


def test_a_file_that_is_no_python_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(b"")

    with pytest.raises(BadInputError, match="is neither a Python file nor an .onnx file"):
        load_workload(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n", "defines no function workload"),
        ("workload = 3\n", "defines no function workload"),
        ("def workload():\n    return {'model': 1}\n", "must return a greenwright.Workload, it returned dict"),
        ("def workload():\n    pass\n", "must return a greenwright.Workload, it returned NoneType"),
        ("def workload():\n    raise FileNotFoundError('no digits.pt')\n", r"workload\(\) in .* failed: .*: no digits.pt"),
        ("def workload(path):\n    pass\n", "failed: TypeError: .*missing 1 required positional argument: 'path'"),
        ("import nothing_of_that_name\n", "cannot be imported: ModuleNotFoundError: .*nothing_of_that_name"),
        ("def workload(:\n", "cannot be imported: SyntaxError"),
        (
            ("from greenwright import Workload\ndef workload():\n    return Workload(model=1, validation=None, test=[1])\n"),
            "the workload has no validation set",
        ),
    ],
)
def test_a_workload_file_that_gives_none_says_why(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        load_workload(file_with(tmp_path, text))


@pytest.mark.parametrize("missing", ["validation", "test"])
def test_a_workload_needs_both_sets_to_judge_by(missing: str) -> None:
    given: dict[str, Any] = {"model": MODEL, "validation": PAIR, "test": PAIR, missing: None}

    with pytest.raises(BadInputError, match=f"no {missing} set: validation picks the candidate, test proves it"):
        Workload(**given)


def test_one_set_cannot_both_pick_and_prove() -> None:
    with pytest.raises(BadInputError, match="validation and test are the same set"):
        Workload(model=MODEL, validation=PAIR, test=PAIR)


def test_a_group_has_at_least_one_example() -> None:
    with pytest.raises(BadInputError, match="group_size must be 1 or more, got 0"):
        Workload(model=MODEL, validation=PAIR, test=[PAIR], group_size=0)


# --- models ---


def test_a_module_is_the_model_itself() -> None:
    assert model_of(MODEL) is MODEL


def test_an_onnx_path_is_an_onnx_model(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"")

    assert model_of(str(path)) == model_of(path) == OnnxModel(path=path)
    with pytest.raises(BadInputError, match=r"there is no model at .*other\.onnx"):
        model_of(tmp_path / "other.onnx")


def test_anything_else_is_refused_by_its_type() -> None:
    with pytest.raises(BadInputError, match="the model is a OrderedDict: hand over an nn.Module"):
        model_of(MODEL.state_dict())


@pytest.mark.slow
def test_a_hugging_face_folder_becomes_a_module_that_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    transformers = pytest.importorskip("transformers")
    tiny = transformers.BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, num_labels=3
    )
    made = transformers.BertForSequenceClassification(tiny).eval()
    made.save_pretrained(tmp_path / "bert")

    model = model_of(tmp_path / "bert")

    ids = torch.tensor([[1, 2, 3]])
    assert isinstance(model, torch.nn.Module)
    assert not model.training
    torch.testing.assert_close(model(input_ids=ids).logits, made(input_ids=ids).logits)


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    pytest.importorskip("transformers")

    with pytest.raises(BadInputError, match=f"transformers cannot load {tmp_path}"):
        model_of(tmp_path)


# --- an .onnx file and an .npz file ---


@pytest.fixture
def onnx(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"")
    return path


def npz(folder: Path, **arrays: Any) -> Path:
    path = folder / "data.npz"
    np.savez(path, **arrays)
    return path


def test_the_first_half_of_the_arrays_validates_and_the_second_tests(onnx: Path, tmp_path: Path) -> None:
    made = onnx_workload(onnx, npz(tmp_path, ids=np.arange(10), targets=np.arange(10) % 3), unit="1 word")

    assert made.validation[0]["ids"].tolist() == [0, 1, 2, 3, 4]
    assert made.test[1].tolist() == [2, 0, 1, 2, 0]
    assert (made.name, made.unit, made.model) == ("model", "1 word", onnx)


def test_the_halves_tear_no_group(onnx: Path, tmp_path: Path) -> None:
    made = onnx_workload(onnx, npz(tmp_path, ids=np.arange(10), targets=np.arange(10)), group_size=2)

    assert (len(made.validation[1]), len(made.test[1])) == (4, 6)


def test_arrays_for_the_test_are_taken_as_such(onnx: Path, tmp_path: Path) -> None:
    data = npz(tmp_path, ids=np.arange(4), targets=np.zeros(4), test_ids=np.arange(9), test_targets=np.ones(9))

    made = onnx_workload(onnx, data)

    assert made.validation[0]["ids"].tolist() == [0, 1, 2, 3]
    assert list(made.test[0]) == ["ids"]
    assert made.test[1].tolist() == [1.0] * 9


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"ids": np.arange(4)}, r"holds \['ids'\]: one array must be called targets"),
        ({"ids": np.arange(4), "targets": np.arange(4), "test_ids": np.arange(4)}, "inputs but no test_targets"),
        ({"ids": np.array([{}, {}]), "targets": np.arange(2)}, "is no .npz file of arrays"),
    ],
)
def test_arrays_that_make_no_workload_are_refused(onnx: Path, tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        onnx_workload(onnx, npz(tmp_path, **arrays))


def test_a_file_that_is_no_npz_is_refused(onnx: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.npz"
    torn.write_bytes(npz(tmp_path, ids=np.arange(400), targets=np.arange(400)).read_bytes()[:-200])
    single = tmp_path / "single.npz"
    with single.open("wb") as file:
        np.save(file, np.arange(4))
    text = tmp_path / "text.npz"
    text.write_text("hello")

    for path in (torn, single, text):
        with pytest.raises(BadInputError, match=f"{path} is no .npz file of arrays"):
            onnx_workload(onnx, path)


def test_a_missing_file_of_the_two_is_named(onnx: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"there is no file .*missing\.npz"):
        onnx_workload(onnx, tmp_path / "missing.npz")
    with pytest.raises(BadInputError, match=r"there is no file .*missing\.onnx"):
        onnx_workload(tmp_path / "missing.onnx", npz(tmp_path, targets=np.arange(2)))
