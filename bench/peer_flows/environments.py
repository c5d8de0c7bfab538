"""An environment of its own for every tool that cannot share ours, or was not written to: made once, in the bench's cache.

Versions are pinned where a tool has one that is known to install; what it pulled in is kept beside it, in ``versions.txt``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CACHE = Path(__file__).parents[1] / ".cache" / "peers"
TORCH = "torch==2.13.0"
REQUIRED: dict[str, tuple[str, ...]] = {
    "torchao": (TORCH, "torchao==0.18.0"),
    "neural-compressor": (TORCH, "neural-compressor==3.10", "neural-compressor-pt==3.10"),
    "optimum": (TORCH, "optimum-onnx[onnxruntime]==0.1.0"),
    "optimum-intel": (TORCH, "optimum-intel[openvino]==2.2.0"),
    "olive": (TORCH, "olive-ai==0.13.0", "onnxruntime", "requests"),  # the last it imports and does not declare
    "pruna": ("pruna==0.3.4",),
}
SPOILING = {"optimum-intel": ("torchvision",)}
"""What is taken out again: beside a torch for CPUs alone it fails to import, and takes transformers with it."""
OURS = ""
"""The environment that runs the bench."""
INSTALL_S = 900


class NoEnvironmentError(Exception):
    """What a tool needs could not be installed."""


def python_of(environment: str) -> Path:
    """The environment's interpreter; the environment is made first where there is none.

    Raises:
        NoEnvironmentError: pip could not install what it needs, or took longer than a quarter of an hour.
    """
    if environment == OURS:
        return Path(sys.executable)
    folder = CACHE / environment
    python, done, failed = folder / "venv" / "bin" / "python", folder / "versions.txt", folder / "failed.txt"
    if done.exists():
        return python
    if failed.exists():
        raise NoEnvironmentError(failed.read_text())
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder / "venv")], check=True)
    try:
        _pip(python, "install", "-q", "--no-compile", *REQUIRED[environment])
        if environment in SPOILING:
            _pip(python, "uninstall", "-q", "-y", *SPOILING[environment])
    except NoEnvironmentError as error:
        failed.write_text(str(error))
        raise
    done.write_text(_pip(python, "freeze"))
    return python


def versions(environment: str) -> dict[str, str]:
    """What was installed, by package."""
    path = CACHE / environment / "versions.txt"
    lines = path.read_text().splitlines() if environment != OURS and path.exists() else []
    return dict(line.split("==", 1) for line in lines if "==" in line)


def _pip(python: Path, *told: str) -> str:
    try:
        done = subprocess.run([str(python), "-m", "pip", *told], capture_output=True, text=True, check=False, timeout=INSTALL_S)
    except subprocess.TimeoutExpired:
        raise NoEnvironmentError(f"pip did not end within {INSTALL_S / 60:.0f} minutes") from None
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()[-1:]
        raise NoEnvironmentError(f"pip: {errors[0] if errors else 'it said nothing'}")
    return done.stdout
