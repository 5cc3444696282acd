"""Series to be forecast: parts in the order of time, nothing from the future, units of each series, clear errors."""

import numpy as np
import pandas as pd
import pytest
import torch

from profundo.data import load
from profundo.data.forecast import new
from profundo.data.source import read
from profundo.errors import DataError, UsageError

HOURS = 600


def power(hours=HOURS, seed=0, **more):
    t = pd.date_range("2021-01-01", periods=hours, freq="h")
    rng = np.random.default_rng(seed)
    kwh = 10 + 3 * np.sin(2 * np.pi * np.arange(hours) / 24) + rng.normal(0, 0.3, hours)
    return pd.DataFrame({"date": t.astype(str), "kWh": kwh, "warm": rng.normal(15, 5, hours), **more})


def loaded(frame, **options):
    return load(frame, **{"forecast": "kWh", "time": "date", "horizon": "24", "context": "48", **options})


def test_the_parts_follow_one_another_and_targets_stay_inside_them():
    data = loaded(power(), split="60/20/20", drop=("calendar",))
    first = {name: (int(at[0]) + 48, int(at[-1]) + 48 + 23) for name, at in data.splits.items()}
    assert first == {"train": (48, 359), "validation": (360, 479), "test": (480, 599)}
    batch = data.whole("test")
    assert batch.x.shape == (97, 48, 1) and batch.y.shape == (97, 24, 1)
    train = power()["kWh"][:360]
    assert np.isclose(data.units.centers[0, 0], train.mean()) and np.isclose(data.units.scales[0, 0], train.std(ddof=0))
    own = data.futures(data.origins("test"))
    assert np.allclose(own[0, :, 0], power()["kWh"][480:504], atol=1e-5)
    assert data.schema.gives == "forecast" and data.schema.takes == "series" and data.schema.outputs == 1


def test_etth1_is_cut_as_papers_cut_it(shared, tmp_path):
    frame = pd.read_csv(shared("timeseries/ETTh1.csv.gz")).iloc[:14400]
    targets = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
    data = load(frame, forecast=targets, time="date", horizon="96", context="336", split="60/20/20")
    assert {name: len(at) for name, at in data.splits.items()} == {"train": 8209, "validation": 2785, "test": 2785}
    train = frame[list(targets)][:8640].to_numpy()
    assert np.allclose(data.units.centers[0], train.mean(0)) and np.allclose(data.units.scales[0], train.std(0))


def test_no_value_of_the_future_is_seen_but_what_is_known_ahead():
    frame = power(holiday=(np.arange(HOURS) % 50 == 0) * 1.0)
    whole = loaded(frame, known="holiday", keep="warm")
    past = whole.schema.inputs["past"]
    assert past.channels[:3] == ("kWh", "warm", "holiday") and past.known == 5 and past.ahead == 24
    poisoned = frame.copy()
    poisoned.loc[560:, ["kWh", "warm"]] = 1e6
    other = loaded(poisoned, known="holiday", keep="warm")
    rows = torch.tensor([560 - 48])
    assert torch.equal(whole.gather(rows).x, other.gather(rows).x)
    x = whole.gather(rows).x[0]
    assert (x[48:, :2] == 0).all() and not (x[48:, 3:] == 0).all()
    holidays = (x[:, 2] > 0).nonzero().ravel() + 560 - 48
    assert holidays.tolist() == [550]


def test_missing_values_are_carried_forward_never_backward_and_are_not_learnt():
    frame = power()
    frame.loc[100:109, "kWh"] = np.nan
    frame = frame.drop(index=range(200, 205))
    data = loaded(frame, drop=("calendar",))
    assert data.schema.inputs["past"].missing and data.x.shape == (HOURS, 2)
    assert (data.x[100:110, 0] == data.x[99, 0]).all() and (data.x[200:205, 0] == data.x[199, 0]).all()
    assert data.x[:, 1].sum() == 15 and torch.isnan(data.y[:, 0]).sum() == 15
    assert any("5 of 600 steps have no row" in n.text for n in data.notes)


def test_every_series_has_units_of_its_own():
    both = pd.concat([power().assign(house="a"), power(seed=1).assign(house="b", kWh=lambda f: f.kWh * 1000)])
    data = loaded(both, series="house", drop=("calendar",))
    assert data.names == ("a", "b") and data.units.scales[1, 0] > 900 * data.units.scales[0, 0]
    rows = data.positions("train").numpy()
    assert (data.owner[rows] == data.owner[rows + 71]).all() and set(data.owner[rows]) == {0, 1}
    assert 0.8 < data.x[600:, 0].std() < 1.2
    more = pd.concat([both, power(seed=2).assign(house="c", kWh=lambda f: f.kWh * 50)])
    ahead = new(data.schema, "forecasting", read(more), targets=False)
    assert [ahead.names[o] for o in ahead.owner[ahead.origins("test")]] == ["a", "b", "c"]
    assert any("never seen in training, such as c" in n.text for n in ahead.notes)
    assert 30 < ahead.units.scales[2, 0] / data.units.scales[0, 0] < 70


def test_new_data_go_on_after_the_last_known_value():
    data = loaded(power(holiday=1.0 * (np.arange(HOURS) % 50 == 0)), known="holiday")
    later = power(700, holiday=1.0 * (np.arange(700) % 50 == 0))
    later.loc[676:, "kWh"] = np.nan
    ahead = new(data.schema, "forecasting", read(later), targets=False)
    (origin,) = ahead.origins("test")
    assert ahead.step.texts(ahead.numbers[[origin]])[0] == later["date"][676]
    assert (ahead.x[origin : origin + 24, 1] > 0).nonzero().ravel().tolist() == []
    earlier = ahead.origins("history")
    assert earlier.max() == 676 - 24 and ahead.numbers[earlier].min() >= data.schema.targets["future"].until
    with pytest.raises(DataError, match=r"'holiday' is known ahead, .* 2021-01-29 08:00:00.*24 steps"):
        new(data.schema, "forecasting", read(later[:680]), targets=False)
    with pytest.raises(DataError, match="holds 30 steps, and the network looks at 48"):
        new(data.schema, "forecasting", read(later[:30]), targets=False)
    tested = new(data.schema, "forecasting", read(later), targets=True)
    assert tested.numbers[tested.origins("test")].min() == data.schema.targets["future"].until


def test_labels_known_ahead_become_channels():
    weather = np.array(["sun", "rain"])[np.arange(HOURS) % 2]
    data = loaded(power(weather=weather), known="weather", drop=("calendar",))
    assert data.schema.inputs["past"].channels == ("kWh", "weather=rain", "weather=sun")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"horizon": "300"}, DataError, "--horizon 300 is too far.*Type: --horizon 75"),
        ({"horizon": "96", "context": "400"}, DataError, "too short"),
        ({"forecast": "kwh"}, DataError, "Did you mean 'kWh'"),
        ({"forecast": ()}, UsageError, "--forecast COLUMN"),
        ({"known": "kWh"}, UsageError, "both --forecast and --known"),
        ({"target": "warm"}, UsageError, "do not go together"),
        ({"rows": 100}, UsageError, "--rows does not go with a forecast"),
        ({"copies": "drop"}, UsageError, "--copies"),
        ({"time": "dat"}, DataError, "Did you mean 'date'"),
        ({"forecast": "date"}, DataError, "is not a number"),
    ],
)
def test_what_cannot_be_forecast_is_refused_with_advice(options, error, words):
    if options.get("forecast") == ():
        options = {**options, "task": "forecasting"}
    with pytest.raises(error, match=words):
        loaded(power(), **options)


def test_a_short_series_still_has_all_parts():
    frame = pd.DataFrame(
        {"month": pd.date_range("2000-01-01", periods=60, freq="MS").astype(str), "y": np.arange(60.0)}
    )
    data = load(frame, forecast="y", time="month", horizon="12")
    assert all(len(at) for at in data.splits.values()) and data.schema.targets["future"].season == 12


def test_the_logarithm_is_learnt_where_swings_grow_with_the_level():
    t = np.arange(240)
    rng = np.random.default_rng(0)
    grows = np.exp(0.012 * t + 0.3 * np.sin(2 * np.pi * t / 12) + rng.normal(0, 0.05, 240))
    frame = pd.DataFrame({"month": pd.date_range("2000-01-01", periods=240, freq="MS").astype(str), "grows": grows})
    frame["steady"] = 20 + 3 * np.sin(2 * np.pi * t / 12) + 0.05 * t + rng.normal(0, 0.3, 240)
    data = load(frame, forecast=("grows", "steady"), time="month", horizon="12")
    assert data.logs == (True, False) and any("the logarithm of grows" in n.text for n in data.notes)
    at = data.origins("test")
    own = frame[["grows", "steady"]].to_numpy()
    assert np.allclose(data.futures(at)[0], own[at[0] : at[0] + 12], rtol=1e-5)
    there = data.standard_units(data.futures(at), at)
    assert np.allclose(there, data.y.numpy()[at[:, None] + np.arange(12)], atol=1e-4)
    assert np.isclose(data.units.spreads[0, 0], np.std(own[: at[0], 0]), rtol=0.5)
    frame.loc[239, "grows"] = 0.0  # a new value that has no logarithm
    assert new(data.schema, "forecasting", read(frame), targets=True).x.isfinite().all()
