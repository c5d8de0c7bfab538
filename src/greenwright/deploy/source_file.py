"""Import a Python file by its path, as if it were run."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from greenwright.errors import BadInputError


def import_file(path: Path, name: str) -> ModuleType:
    """The file as the module ``name``, with its own folder on the import path.

    Raises:
        BadInputError: it cannot be imported.
    """
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInputError(f"{path} is no Python file: its name ends in {path.suffix or 'nothing'}, not in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    folder = str(path.parent.resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        sys.modules.pop(name, None)
        raise BadInputError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module
