"""Scores of forecasts against values by hand, and intervals that keep their promise as the series changes."""

import numpy as np
import pytest

from profundo.errors import DataError
from profundo.metrics.conformal import SHARES, first_quantiles, tracked
from profundo.metrics.forecasting import FORECASTING, Forecast, blocks, forecasting_scores, scaled_errors
from profundo.networks.horizon import QUANTILES


def test_scores_by_hand():
    y = np.array([[[1.0], [2.0]], [[3.0], [np.nan]]])
    point = np.array([[[2.0], [2.0]], [[1.0], [9.0]]])
    naive, spread = np.full((2, 1), 2.0), np.full((2, 1), 4.0)
    low, high = {80: point - 1.5}, {80: point + 1.5}
    made = Forecast(point, naive, spread, np.zeros(2, int), low, high)
    scores = {name: s.value for name, s in forecasting_scores(y, made, resamples=50).items()}
    assert scores["MASE"] == pytest.approx((1 + 0 + 2) / 3 / 2) and scores["mae"] == pytest.approx(1)
    assert scores["rmse"] == pytest.approx(np.sqrt(5 / 3)) and scores["MSE in standard units"] == pytest.approx(5 / 48)
    assert scores["sMAPE"] == pytest.approx(200 * (1 / 3 + 0 + 2 / 4) / 3)
    assert scores["coverage of 80 %"] == pytest.approx(2 / 3)
    assert scores["MSIS of 80 %"] == pytest.approx((3 * 3 + 10 * 0.5) / 3 / 2)
    assert scaled_errors(y, point, naive).tolist() == [0.25, 1.0]
    for metric in FORECASTING:
        if "95" not in metric.name:
            assert metric.compute(y, made) == pytest.approx(scores[metric.name])


def test_intervals_resample_blocks_of_neighbours():
    assert blocks(np.zeros(25, int), 4).tolist() == [i // 2 for i in range(25)]
    assert blocks(np.repeat([0, 1], 30), 5).tolist() == [i // 5 for i in range(60)]
    assert blocks(np.repeat([0, 1], [7, 53]), 5)[6:9].tolist() == [1, 2, 2]
    rng = np.random.default_rng(0)
    errors = np.repeat(rng.normal(size=20), 30)[:, None, None]  # neighbours share their error
    ones = np.ones((600, 1))
    made = Forecast(np.zeros((600, 1, 1)), ones, ones, np.zeros(600, int))
    wide = Forecast(np.zeros((600, 30, 1)), ones, ones, np.zeros(600, int))
    alone = forecasting_scores(errors, made)["MASE"]
    together = forecasting_scores(np.repeat(errors, 30, 1), wide)["MASE"]
    assert together.high - together.low > 3 * (alone.high - alone.low) and together.n == 600


def test_shapes_that_differ_are_refused():
    made = Forecast(np.zeros((2, 3, 1)), np.ones((2, 1)), np.ones((2, 1)), np.zeros(2, int))
    with pytest.raises(DataError, match="must be alike"):
        forecasting_scores(np.zeros((2, 4, 1)), made)


def test_first_quantiles_are_those_of_the_residuals_and_borrow_where_there_are_few():
    rng = np.random.default_rng(0)
    many = first_quantiles(rng.normal(size=(4000, 3, 2)))
    assert np.allclose(many, np.array([-1.96, -1.28, 1.28, 1.96])[:, None, None], atol=0.15)
    few = first_quantiles(rng.normal(size=(10, 40, 1)))
    assert np.allclose(few.mean(1)[:, 0], [-1.96, -1.28, 1.28, 1.96], atol=0.5) and few[:, :, 0].std(1).max() < 0.5
    assert tuple(q for q in QUANTILES if q != 0.5) == SHARES


@pytest.mark.parametrize("drift", ["wider", "shifted", "none"])
def test_tracked_intervals_hold_what_they_promise_while_the_series_changes(drift):
    rng = np.random.default_rng(1)
    count, horizon = 4000, 6
    noise = np.convolve(rng.normal(size=count + horizon + 20), np.ones(8) / np.sqrt(8), "same")[10:]
    scale = np.linspace(1, 3 if drift == "wider" else 1, len(noise))
    series = noise * scale + (np.linspace(0, 4, len(noise)) if drift == "shifted" else 0)
    residuals = np.stack([series[h : count + h] for h in range(horizon)], 1)[..., None]
    first = first_quantiles(residuals[:400])
    ends = tracked(residuals[400:], first, np.arange(400, count))
    below = (residuals[400:, None] <= ends).mean((0, 2, 3))
    assert np.abs(below - np.array(SHARES)).max() < 0.02
    if drift != "none":
        fixed = (residuals[400:, None] <= first[None]).mean((0, 2, 3))
        assert np.abs(fixed - np.array(SHARES)).max() > 0.1


def test_tracking_uses_nothing_that_is_not_known_yet():
    rng = np.random.default_rng(2)
    residuals, first = rng.normal(size=(60, 5, 1)), np.zeros((4, 5, 1)) + np.array([-2, -1, 1, 2.0])[:, None, None]
    origins = np.arange(60) * 2
    before = tracked(residuals, first, origins)
    later = residuals.copy()
    later[30:] = 100.0
    for h in range(5):  # at the origin 30, which is step 60, the truth of the steps 60 and later is not known
        later[30 - h // 2 : 30, h] = 100.0
    after = tracked(later, first, origins)
    assert np.array_equal(before[:31], after[:31]) and not np.array_equal(before[32:], after[32:])
