"""What a student is taught with: the teacher's answers, asked for once, and its hidden states.

Source: Hinton et al. 2015, arXiv:1503.02531 (soft targets); Romero et al. 2015, arXiv:1412.6550 (hints).
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from greenwright.batches import Inputs, each, first, named
from greenwright.strategies import training
from greenwright.strategies.contract import Given

if TYPE_CHECKING:
    import torch

SOFTNESS = 2.0
"""Temperature of the teacher's answers."""
HARD_SHARE, HINT_SHARE = 0.1, 0.5


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
    """A module that answers, and remembers: where the same example comes again, in a later epoch, it is not asked twice.

    Examples that are augmented never come again; when a whole epoch has brought none that was known, nothing more is kept.
    """

    def __init__(self, module: torch.nn.Module, given: Given) -> None:
        self.module = copy.deepcopy(module).eval()
        self.given = given
        self.known: dict[bytes, torch.Tensor] = {}
        self.asked_count = self.known_count = 0
        self.remembers = True

    def __call__(self, inputs: Inputs) -> torch.Tensor:
        """Its answers ``(batch, …)`` for tensors of inputs."""
        import torch

        with torch.no_grad():
            if not self.remembers:
                return training.forward(self.module, inputs, self.given)
            keys = _keys(inputs)
            new = [place for place, key in enumerate(keys) if key not in self.known]
            self.asked_count += len(keys)
            self.known_count += len(keys) - len(new)
            if new:
                answers = training.forward(self.module, each(lambda array: array[new], inputs), self.given)
                self.known.update(zip((keys[place] for place in new), answers, strict=True))
            taught = torch.stack([self.known[key] for key in keys])
        self._forget_what_never_comes_again(len(keys))
        return taught

    def _forget_what_never_comes_again(self, batch_size: int) -> None:
        epoch_size = self.given.training_step_count * batch_size
        if self.asked_count > 2 * epoch_size and not self.known_count:
            self.remembers = False
            self.known.clear()


@contextmanager
def overheard(modules: Sequence[torch.nn.Module]) -> Iterator[list[torch.Tensor]]:
    """While open, what each of ``modules`` answered last, in their order, as hints to be compared."""
    heard: list[torch.Tensor] = [None] * len(modules)  # type: ignore[list-item]  # until each has run

    def hear(place: int) -> Callable[..., None]:
        def keep(_: torch.nn.Module, __: object, outputs: object) -> None:
            heard[place] = first(outputs)

        return keep

    hooks = [module.register_forward_hook(hear(place)) for place, module in enumerate(modules)]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def hint_loss(heard: Sequence[torch.Tensor], taught: Sequence[torch.Tensor]) -> torch.Tensor:
    """Mean squared distance of hidden states, each as a share of what the teacher's vary by.

    Source: Romero et al. 2015, "FitNets", arXiv:1412.6550.
    """
    import torch

    gaps = [
        (own.float() - other.float()).square().mean() / other.float().var().clamp_min(1e-6)
        for own, other in zip(heard, taught, strict=True)
    ]
    return torch.stack(gaps).mean()


def recover(student: torch.nn.Module, teacher: torch.nn.Module, given: Given, hints: Sequence[tuple[str, str]] = ()) -> None:
    """Fine-tune a student that was cut from ``teacher`` on its answers, on its hidden states, and on labels where there is a loss.

    Args:
        student: trained in place, as ``given.choices`` say: ``epoch_count`` and ``learning_rate``.
        teacher: the untouched module.
        given: with the train set.
        hints: names of modules of the student and of the teacher that are to answer alike.
    """
    answers = Teacher(teacher, given)
    with overheard([student.get_submodule(own) for own, _ in hints]) as heard:
        listening = [answers.module.get_submodule(other) for _, other in hints]
        with overheard(listening) as taught_states:

            def objective(outputs: torch.Tensor, inputs: Inputs, targets: Any) -> torch.Tensor:
                answers.remembers = answers.remembers and not hints  # hidden states are too large to be kept
                loss = answer_loss(outputs, answers(inputs), SOFTNESS, classifies=given.classifies)
                if given.loss is not None:
                    loss = (1 - HARD_SHARE) * loss + HARD_SHARE * given.loss(outputs, targets)
                return loss + HINT_SHARE * hint_loss(heard, taught_states) if hints else loss

            training.fit(
                student,
                objective,
                given,
                epoch_count=int(given.choices["epoch_count"]),
                learning_rate=float(given.choices["learning_rate"]),
            )


def _keys(inputs: Inputs) -> list[bytes]:
    """A digest of every example."""
    arrays = [array.contiguous().numpy() for array in named(inputs).values()]
    return [
        hashlib.blake2b(b"".join(array[row].tobytes() for array in arrays), digest_size=16).digest()
        for row in range(len(arrays[0]))
    ]
