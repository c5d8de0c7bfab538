"""A workload: a model, its data, its quality and its functional unit."""

import torch
from sklearn.datasets import load_digits

from greenwright import Workload


def workload() -> Workload:
    """A small network that reads handwritten digits; yours would load its checkpoint."""
    torch.manual_seed(0)
    pictures, digits = load_digits(return_X_y=True)
    inputs, targets = torch.tensor(pictures / 16, dtype=torch.float32), torch.tensor(digits)
    model = torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs[:800]), targets[:800]).backward()
        optimizer.step()
    return Workload(
        name="digits",
        model=model.eval(),  # or "model.onnx", or the folder of a Hugging Face model
        validation=(inputs[800:1200], targets[800:1200]),  # picks the candidate
        test=(inputs[1200:], targets[1200:]),  # proves it, once
        quality="accuracy",  # or any function of (outputs, targets)
        unit="1 image",
    )
