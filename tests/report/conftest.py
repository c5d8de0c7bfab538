"""Studies to draw."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from greenwright.records.study import StudyRecord


def _sample() -> Any:
    spec = importlib.util.spec_from_file_location("report_sample", Path(__file__).with_name("sample.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def saving() -> StudyRecord:
    record: StudyRecord = _sample().saving()
    return record


@pytest.fixture
def keeping() -> StudyRecord:
    record: StudyRecord = _sample().keeping()
    return record
