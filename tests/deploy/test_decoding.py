"""A decoder says with its cache what it would say if it read the whole text again at every step, wherever it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.batches import CACHE, KEPT
from greenwright.deploy.decoding import GraphDecoder, ModuleDecoder, spoken
from greenwright.deploy.export_decoder import decoder_program, decoder_to_onnx
from greenwright.deploy.runtimes import onnx_runtime, openvino, torch_eager
from greenwright.errors import BadInputError
from greenwright.records.models import Inference, OnnxModel
from greenwright.testing import zoo

NEW = 6
HERE: Any = {"torch": torch_eager, "onnxruntime": onnx_runtime, "openvino": openvino}


class Answering(nn.Module):
    """A decoder that answers a tuple, as older ones do, and takes a mask."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = zoo.decoder()

    def forward(
        self, input_ids: Any, attention_mask: Any = None, past_key_values: Any = None, *, use_cache: bool = False
    ) -> Any:
        answered = self.inner(input_ids, past_key_values, use_cache=use_cache)
        return tuple(answered.values())


@pytest.fixture(scope="module")
def module() -> nn.Module:
    return zoo.decoder()


@pytest.fixture(scope="module")
def graph(module: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    return decoder_to_onnx(module, zoo.word_rows(2, 7), tmp_path_factory.mktemp("graph") / "decoder.onnx")


def read_again(module: nn.Module, rows: Any) -> Any:
    """What is said where nothing is kept."""
    said = torch.as_tensor(rows)
    for _ in range(NEW):
        with torch.inference_mode():
            answered = module(said)
            logits = answered["logits"] if isinstance(answered, dict) else answered[0]
        said = torch.cat([said, logits[:, -1:].argmax(-1)], 1)
    return said[:, -NEW:].numpy()


def decoder_in(runtime: str, module: nn.Module, graph: OnnxModel) -> Any:
    model = module if runtime == "torch" else graph
    return HERE[runtime].load(model, Inference(runtime=runtime)).decoder()


@pytest.mark.parametrize("runtime", list(HERE))
@pytest.mark.parametrize("shape", [(1, 5), (3, 20)], ids=str)
def test_what_is_said_with_a_cache_is_what_is_said_without(
    module: nn.Module, graph: OnnxModel, runtime: str, shape: tuple[int, int]
) -> None:
    rows = zoo.word_rows(*shape)

    said = spoken(decoder_in(runtime, module, graph), rows, NEW)

    np.testing.assert_array_equal(read_again(module, rows), said)


@pytest.mark.parametrize("runtime", list(HERE))
def test_steps_can_be_made_again_from_one_place(module: nn.Module, graph: OnnxModel, runtime: str) -> None:
    decoder = decoder_in(runtime, module, graph)
    place = decoder.prefill(decoder.prepare(zoo.word_rows(2, 9)))

    first = decoder.step(decoder.step(place))
    second = decoder.step(decoder.step(decoder.again(place)))

    np.testing.assert_array_equal(np.asarray(first.tokens), np.asarray(second.tokens))
    assert second.seen_count == 11
    assert decoder.cache_bytes(second) == 2 * 2 * 11 * zoo.WIDTH * 4  # keys and values, two texts, eleven tokens, 32 bits


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_a_whole_pass_answers_for_every_position(module: nn.Module, graph: OnnxModel, runtime: str) -> None:
    runner, rows = HERE[runtime].load(graph, Inference(runtime=runtime)), zoo.word_rows(3, 11)
    with torch.inference_mode():
        expected = module(torch.as_tensor(rows))["logits"].numpy()

    np.testing.assert_allclose(runner.answer(runner.run(runner.prepare(rows))), expected, rtol=1e-3, atol=1e-4)


def test_the_graph_s_names_are_those_that_others_use(graph: OnnxModel) -> None:
    session = onnx_runtime.load(graph, Inference(runtime="onnxruntime"))

    assert session.inputs == ["input_ids", KEPT, f"{CACHE}.0.key", f"{CACHE}.0.value"]
    assert session.outputs == ["logits", "present.0.key", "present.0.value"]


@pytest.mark.slow
def test_a_decoder_that_answers_a_tuple_and_takes_a_mask_is_exported_too(tmp_path: Path) -> None:
    module, rows = Answering().eval(), zoo.word_rows(2, 8)
    sample = {"input_ids": rows, "attention_mask": np.ones_like(rows)}

    session = onnx_runtime.load(decoder_to_onnx(module, sample, tmp_path / "d.onnx"), Inference(runtime="onnxruntime"))

    np.testing.assert_array_equal(read_again(module, rows), spoken(session.decoder(), sample, NEW))


def test_a_program_keeps_its_cache_and_its_precision(module: nn.Module) -> None:
    rows = zoo.word_rows(2, 8)
    program = decoder_program(module.to(torch.float32), rows).module()
    empty = [torch.zeros(2, 4, 0, zoo.WIDTH // 4) for _ in range(2)]
    with torch.inference_mode():
        logits, *cache = program(torch.as_tensor(rows), torch.tensor([7]), empty)
        after, *_ = program(logits[:, -1:].argmax(-1), torch.tensor([0]), cache)

    said = torch.cat([logits[:, -1:].argmax(-1), after[:, -1:].argmax(-1)], 1).numpy()
    np.testing.assert_array_equal(read_again(module, rows)[:, :2], said)


def test_a_module_without_a_cache_is_refused_by_name() -> None:
    with pytest.raises(BadInputError, match="Recurrent takes no past_key_values"):
        torch_eager.load(zoo.gru(), Inference()).decoder()


def test_a_graph_without_a_cache_is_refused() -> None:
    with pytest.raises(BadInputError, match="the ONNX file keeps no cache"):
        GraphDecoder({"input_ids": ["batch", "length"]}, {}, ["logits"], dict)


def test_a_decoder_that_returns_no_cache_is_refused() -> None:
    class Forgetful(nn.Module):
        def forward(self, input_ids: Any, past_key_values: Any = None, *, use_cache: bool = False) -> Any:
            return {"logits": torch.zeros(*input_ids.shape, 4)}

    decoder = ModuleDecoder(Forgetful(), torch.as_tensor)

    with pytest.raises(BadInputError, match="returned no past_key_values"):
        decoder.prefill(torch.zeros(1, 3, dtype=torch.long))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_hugging_face_decoders_say_the_same_in_every_runtime(kind: str, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    if kind == "llama":
        sizes = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2}
        config = transformers.LlamaConfig(vocab_size=128, num_hidden_layers=2, max_position_embeddings=64, **sizes)
        module = transformers.LlamaForCausalLM(config).eval()
    else:
        words = {"vocab_size": 128, "bos_token_id": 0, "eos_token_id": 0}
        config = transformers.GPT2Config(n_embd=32, n_layer=2, n_head=4, n_positions=64, **words)
        module = transformers.GPT2LMHeadModel(config).eval()
    rows = zoo.word_rows(2, 9)
    prompt = {"input_ids": rows, "attention_mask": np.ones_like(rows)}

    graph = decoder_to_onnx(module, prompt, tmp_path / "decoder.onnx")

    for runtime in HERE:
        decoder = decoder_in(runtime, module, graph)
        np.testing.assert_array_equal(read_again(module, rows), spoken(decoder, prompt, NEW))
        place = decoder.prefill(decoder.prepare(prompt))
        decoder.step(decoder.step(place))
        assert decoder.again(place).seen_count == 9
