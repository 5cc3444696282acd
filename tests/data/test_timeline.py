"""Rows on equal steps of time: which step, in which order, what is missing or repeated, and clear errors."""

import numpy as np
import pandas as pd
import pytest

from profundo.data.source import read
from profundo.data.steps import Step, step_of, steps_of
from profundo.data.timeline import lines
from profundo.errors import DataError, UsageError


def table(times, **more):
    return read({"when": [str(t) for t in times], "y": np.arange(len(times)) + 0.5, **more})


@pytest.mark.parametrize(
    ("times", "frequency", "after"),
    [
        (pd.date_range("2020-01-01", periods=50, freq="h"), "h", "2020-01-03 02:00:00"),
        (pd.date_range("2020-01-01 00:07", periods=50, freq="15min"), "15min", "2020-01-01 12:37:00"),
        (pd.date_range("2020-03-02", periods=50, freq="B").date, "B", "2020-05-11"),
        (pd.date_range("2020-01-01", periods=50, freq="7D").date, "7D", "2020-12-16"),
        (pd.date_range("2020-01-31", periods=50, freq="ME").date, "MS", "2024-03-31"),
        (pd.date_range("2020-01-01", periods=50, freq="QS").date, "3MS", "2032-07-01"),
        (range(1950, 2000), "1", "2000"),
    ],
)
def test_steps_are_found_and_go_on(times, frequency, after):
    (line,), step, notes = lines(table(times), "when")
    assert step.frequency == frequency and notes == [] and len(line) == len(times)
    assert (line.rows == np.arange(len(times))).all()
    assert step.texts(np.array([line.first + len(line)])) == [after]
    again = step_of(step.frequency, step.phase)
    assert np.allclose(again.times(np.array([7])), step.times(np.array([7])))


def test_parts_of_a_date_are_one_time_and_are_found_by_their_names():
    t = pd.date_range("2010-02-27", periods=60, freq="h")
    raw = read({"No": np.arange(60), "year": t.year, "month": t.month, "day": t.day, "hour": t.hour, "y": t.hour * 1.5})
    (line,), step, _ = lines(raw)
    assert step.frequency == "h" and step.texts(np.array([line.first + 24]))[0] == "2010-02-28 00:00:00"
    with pytest.raises(UsageError, match="part of a date 'hours'"):
        lines(raw, "year,month,hours")


def test_rows_out_of_order_are_sorted_with_a_warning():
    times = pd.date_range("2020-01-01", periods=20, freq="D").date
    order = np.random.default_rng(0).permutation(20)
    (line,), _, notes = lines(table(times[order]), "when")
    assert (order[line.rows] == np.arange(20)).all() and "not in the order of when (row" in notes[0].text


def test_gaps_count_as_missing_and_are_named():
    times = pd.date_range("2020-01-01", periods=30, freq="D").date
    (line,), _, notes = lines(table(np.delete(times, [4, 5, 11])), "when")
    assert (np.flatnonzero(line.rows < 0) == [4, 5, 11]).all()
    assert "3 of 30 steps have no row, the first is 2020-01-05" in notes[0].text


def test_a_few_repeated_stamps_take_the_last_row_many_ask_for_the_series():
    times = list(pd.date_range("2020-01-01", periods=300, freq="h"))
    (line,), _, notes = lines(table([*times[:9], times[8], *times[9:]]), "when")
    assert line.rows[8] == 9 and "1 time stamps are repeated (rows 8 and 9 have the same)" in notes[0].text
    twice = table([*times, *times], shop=["a"] * 300 + ["b"] * 300)
    with pytest.raises(DataError, match=r"300 of 600 time stamps .* --series shop"):
        lines(twice, "when")
    found, _, _ = lines(twice, "when", "shop")
    assert [line.name for line in found] == ["a", "b"] and (found[1].rows == np.arange(300, 600)).all()


def test_irregular_and_unreadable_times_are_refused_with_advice():
    rng = np.random.default_rng(0)
    ragged = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.cumsum(rng.exponential(3600, 200)), unit="s")
    with pytest.raises(DataError, match=r"no regular distance: from .*resample"):
        lines(table(ragged), "when")
    with pytest.raises(DataError, match="cannot be read"):
        lines(read({"when": ["a", "b", "c"] * 5, "y": range(15)}), "when")
    with pytest.raises(DataError, match="are the same"):
        lines(table(["2020-01-01"] * 5), "when")
    with pytest.raises(UsageError, match="--time COLUMN"):
        lines(read({"x": [1.5, 2.0, 2.5], "y": [3.0, 1.0, 2.0]}))


def test_steps_are_read_as_numbers_or_times():
    hour = Step("h", 1.0)
    assert [steps_of(t, hour, "--horizon") for t in ("24", "24h", "2D", "1w")] == [24, 24, 48, 168]
    assert steps_of("2h", Step("min", 15.0), "--horizon") == 8
    for text in ("soon", "0", "10min", "-3"):
        with pytest.raises(UsageError, match="--horizon"):
            steps_of(text, hour, "--horizon")
    with pytest.raises(UsageError, match="number of steps"):
        steps_of("3D", Step("", 1.0), "--horizon")
