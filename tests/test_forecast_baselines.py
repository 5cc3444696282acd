"""Forecasts without a network: by hand, and exponential smoothing against statsmodels."""

import numpy as np
import pandas as pd
import pytest

from profundo.data import load
from profundo.forecast_baselines import forecast_baselines
from profundo.smoothing import fit_rates, smoothed


def wave(days=400):
    t = np.arange(days)
    y = 20 + 5 * np.sin(2 * np.pi * t / 7) + 0.02 * t + np.random.default_rng(0).normal(0, 0.5, days)
    return pd.DataFrame({"day": pd.date_range("2020-01-01", periods=days).astype(str), "y": y})


def test_each_by_hand_and_none_sees_the_future():
    frame = wave()
    poisoned = frame.assign(y=np.where(np.arange(400) < 380, frame["y"], 1e5))
    data, other = (load(f, forecast="y", time="day", horizon="10", context="21") for f in (frame, poisoned))
    at = np.array([380, 385])
    found = {b.name: data.own_units(b.answer(at), at)[:, :, 0] for b in forecast_baselines(data)}
    assert list(found) == ["naive", "seasonal naive", "linear regression", "exponential smoothing"]
    y = frame["y"].to_numpy()
    assert np.allclose(found["naive"][0], y[379], atol=1e-4)
    assert np.allclose(found["seasonal naive"][1], [y[385 - 7 + i % 7] for i in range(10)], atol=1e-4)
    for name in ("linear regression", "exponential smoothing"):
        assert np.abs(found[name][0] - y[380:390]).mean() < 0.8
    blind = {b.name: b.answer(at[:1]) for b in forecast_baselines(other)}
    for name, made in blind.items():
        assert np.allclose(other.own_units(made, at[:1])[0, :, 0], found[name][0], atol=1e-2), name


@pytest.mark.parametrize(("season", "trend"), [(12, True), (1, True), (12, False)])
def test_smoothing_is_that_of_statsmodels(season, trend):
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    t = np.arange(240)
    y = 50 + 0.1 * t + 8 * np.sin(2 * np.pi * t / 12) + np.random.default_rng(1).normal(0, 1, 240)
    rates = fit_rates(y, season, trend)
    form = {"seasonal": "add", "seasonal_periods": season} if season > 1 else {}
    form |= {"trend": "add", "damped_trend": True} if trend else {}
    theirs = ETSModel(y, error="add", initialization_method="heuristic", **form).fit(disp=0, maxiter=100)
    ours = smoothed(y, season, rates, np.array([200, 240]), 12)
    assert np.abs(ours[1] - theirs.forecast(12)).max() < 0.5  # they begin from other states
    assert np.array_equal(smoothed(y[:200], season, rates, np.array([200]), 12)[0], ours[0])
