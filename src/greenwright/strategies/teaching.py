"""What a student is taught with: the teacher's answers, asked for once, its hidden states and where it attends.

Source: Hinton et al. 2015, arXiv:1503.02531 (soft targets); Romero et al. 2015, arXiv:1412.6550 (hints); Wang et al. 2021,
arXiv:2012.15828 (attention as relations of tokens).
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from greenwright.batches import Inputs, each, named
from greenwright.strategies import hints, training
from greenwright.strategies.contract import Given

if TYPE_CHECKING:
    import torch

SOFTNESS = 2.0
"""Temperature of the teacher's answers."""
HARD_SHARE = 0.1
MOST_KEPT_BYTES = 500_000_000
"""Of answers that are remembered: a decoder's are as wide as its vocabulary, and would fill any memory."""


def answer_loss(outputs: torch.Tensor, taught: torch.Tensor, temperature: float, *, classifies: bool) -> torch.Tensor:
    """How far ``outputs`` are from what the teacher answered; both ``(batch, …)``, logits where ``classifies``."""
    from torch.nn import functional

    if not classifies:
        return functional.mse_loss(outputs, taught)
    if outputs.dim() == 1 or outputs.shape[-1] == 1:
        outputs, taught = _two_classes(outputs), _two_classes(taught)
    # Every position of a sequence is an example: their number must not weigh against the workload's own loss, which is a mean.
    outputs, taught = outputs.flatten(0, -2), taught.flatten(0, -2)
    student, teacher = functional.log_softmax(outputs / temperature, -1), functional.log_softmax(taught / temperature, -1)
    return functional.kl_div(student, teacher, reduction="batchmean", log_target=True) * temperature**2


def _two_classes(logit: torch.Tensor) -> torch.Tensor:
    """``(batch,)`` or ``(batch, 1)`` -> ``(batch, 2)``: one logit is what the second of two classes has over the first."""
    import torch

    flat = logit.reshape(-1)
    return torch.stack([torch.zeros_like(flat), flat], -1)


class Teacher:
    """A module that answers, and remembers: where the same example comes again, in a later epoch or trial, it is not asked twice.

    Examples that are augmented never come again; when a whole epoch has brought none that was known, nothing more is kept. Nor are
    answers that would fill the memory, or whose shape changes with what an example was batched with.
    """

    def __init__(self, module: torch.nn.Module, given: Given) -> None:
        self.module = copy.deepcopy(module).eval()
        self.given = given
        self.known: MutableMapping[bytes, torch.Tensor] = given.answers if module is given.teacher else {}
        self.asked_count = self.known_count = 0
        self.remembers = True

    def __call__(self, inputs: Inputs) -> torch.Tensor:
        """Its answers ``(batch, …)`` for tensors of inputs."""
        import torch

        with torch.no_grad():
            if not self.remembers:
                return self._ask(inputs)
            keys = _keys(inputs)
            new = [place for place, key in enumerate(keys) if key not in self.known]
            self.asked_count += len(keys)
            self.known_count += len(keys) - len(new)
            if new:
                answers = self._ask(each(lambda array: array[new], inputs))
                self.known.update(zip((keys[place] for place in new), answers, strict=True))
            kept = [self.known[key] for key in keys]
            if len({one.shape for one in kept}) > 1:
                self._forget()
                return self._ask(inputs)
        self._forget_what_never_comes_again(len(keys), kept[0])
        return torch.stack(kept)

    def _ask(self, inputs: Inputs) -> torch.Tensor:
        return training.forward(self.module, inputs, self.given)

    def _forget_what_never_comes_again(self, batch_size: int, answer: torch.Tensor) -> None:
        epoch_size = self.given.training_step_count * batch_size
        too_many = len(self.known) * answer.numel() * answer.element_size() > MOST_KEPT_BYTES
        if too_many or (self.asked_count > 2 * epoch_size and not self.known_count):
            self._forget()

    def _forget(self) -> None:
        self.remembers = False
        self.known.clear()


def taught(given: Given) -> Given:
    """The same, with unlabelled inputs among those of the train set."""
    return replace(
        given,
        training=given.teaching or given.training,
        training_step_count=given.teaching_step_count or given.training_step_count,
    )


def recover(student: torch.nn.Module, teacher: torch.nn.Module, given: Given, pairs: Sequence[tuple[str, str]] = ()) -> None:
    """Fine-tune a student that was cut from ``teacher`` on its answers, on its hidden states, and on labels where there is a loss.

    What only looks up numbers, as embeddings do, was taken over whole and stays as it is.

    Args:
        student: trained in place, as ``given.choices`` say: ``epoch_count`` and ``learning_rate``.
        teacher: the untouched module.
        given: with the train set.
        pairs: names of modules of the student and of the teacher that are to answer alike.
    """
    from torch import nn

    given = taught(given)
    answers = Teacher(teacher, given)
    with (
        hints.overheard(student, [own for own, _ in pairs]) as heard,
        hints.overheard(answers.module, [o for _, o in pairs]) as said,
    ):

        def objective(outputs: torch.Tensor, inputs: Inputs, targets: Any) -> torch.Tensor:
            answers.remembers = answers.remembers and not pairs  # hidden states are too large to be kept
            loss = answer_loss(outputs, answers(inputs), SOFTNESS, classifies=given.classifies)
            if given.loss is not None and targets is not None:
                loss = (1 - HARD_SHARE) * loss + HARD_SHARE * given.loss(outputs, targets)
            return loss + hints.loss(heard, said, hints.mask_of(inputs)) if pairs else loss

        training.fit(
            student,
            objective,
            given,
            dropout=False,
            frozen=[layer for layer in student.modules() if isinstance(layer, nn.Embedding)],
        )


def _keys(inputs: Inputs) -> list[bytes]:
    """A digest of every example; of one with a mask without its padding, which depends on what it was batched with."""
    import numpy as np

    arrays = [array.contiguous().numpy() for array in named(inputs).values()]
    masked = isinstance(inputs, Mapping) and any("mask" in name for name in inputs)
    keys = []
    for row in range(len(arrays[0])):
        parts = [np.trim_zeros(array[row], "b") if masked and array[row].ndim == 1 else array[row] for array in arrays]
        keys.append(hashlib.blake2b(b"|".join(part.tobytes() for part in parts), digest_size=16).digest())
    return keys
