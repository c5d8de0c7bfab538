"""Months are forecast from what came before them, and whoever saved most before is followed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.grid.forecast.share import oracle_share
from greenwright.grid.forecast.walk import HABITS as LEADER
from greenwright.grid.forecast.walk import NOW, chosen, job_means, preferred

WINDOWS = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).uniform(1, 1000, size=(5, 12)))


@given(WINDOWS, WINDOWS, st.integers(1, 12))
def test_no_forecast_beats_the_oracle_and_the_truth_is_the_oracle(truth: np.ndarray, said: np.ndarray, job_h: int) -> None:
    judged, perfect = oracle_share(truth, said, job_h), oracle_share(truth, truth, job_h)

    assert judged.saving_share <= judged.oracle_saving_share + 1e-9
    assert perfect.saving_share == pytest.approx(perfect.oracle_saving_share, abs=1e-9)
    assert judged.captured_share <= 1 + 1e-6


@given(WINDOWS, st.integers(1, 12))
def test_a_forecast_without_a_better_hour_runs_at_once(truth: np.ndarray, job_h: int) -> None:
    assert oracle_share(truth, np.full_like(truth, 300.0), job_h).saving_share == pytest.approx(0, abs=1e-9)


@given(WINDOWS, st.floats(0.1, 10), st.floats(-100, 100), st.integers(1, 12))
def test_only_the_order_of_the_hours_decides(truth: np.ndarray, factor: float, shift: float, job_h: int) -> None:
    rounded = truth.round(3)

    assert chosen(rounded, rounded, job_h) == pytest.approx(chosen(rounded, rounded * factor + shift, job_h), rel=1e-3)


def test_a_window_with_an_unknown_hour_is_not_judged() -> None:
    truth = np.array([[3.0, 1.0], [np.nan, 1.0]])

    assert oracle_share(truth, np.array([[2.0, 1.0], [2.0, 1.0]]), 1).windows_count == 1


def test_nothing_known_is_no_saving() -> None:
    assert oracle_share(np.full((2, 3), np.nan), np.ones((2, 3)), 1).captured_share == 0


def test_the_mean_of_a_job_is_that_of_its_hours() -> None:
    assert job_means(np.array([[1.0, 2.0, 3.0, 4.0]]), 3).tolist() == [[2.0, 3.0]]


def test_the_leader_is_left_only_for_who_saved_clearly_more() -> None:
    every = np.ones(1, dtype=bool)

    assert preferred({LEADER: np.array([1.0]), "habit": np.array([1.05])}, every) == LEADER
    assert preferred({LEADER: np.array([1.0]), "habit": np.array([1.2])}, every) == "habit"
    assert preferred({LEADER: np.array([-1.0]), "habit": np.array([0.1])}, every) == "habit"
    assert preferred({LEADER: np.array([-1.0]), "habit": np.array([-0.1])}, every) == NOW
    assert preferred({LEADER: np.array([-1.0]), "habit": np.array([0.1])}, ~every) == LEADER
