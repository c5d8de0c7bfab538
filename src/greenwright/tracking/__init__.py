"""Energy and carbon beside the metrics that a team logs already: one line in a program that uses MLflow, W&B, DVCLive or Prefect."""

from __future__ import annotations

from greenwright.tracking.beside import tracked

__all__ = ["tracked"]
