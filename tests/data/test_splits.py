"""Splits: pure functions of the seed, stratified, official, by group, by time."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profundo.data.raw import Raw
from profundo.data.splits import official_split, split, stratified
from profundo.errors import DataError, UsageError


def table(rows=100, **columns):
    return Raw("t", pd.DataFrame({"x": np.arange(rows), "y": np.arange(rows) % 2} | columns), target=("y",))


def sizes(parts):
    return [len(parts.parts[name]) for name in ("train", "validation", "test")]


def assert_partition(parts, rows):
    assert sorted(np.concatenate(list(parts.parts.values())).tolist()) == list(range(rows))
    assert all((np.diff(p) > 0).all() for p in parts.parts.values())


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=10, max_size=300), st.integers(0, 5))
def test_stratified_shares_out_every_class(classes, seed):
    classes = np.array(classes)
    part = stratified(classes, (0.7, 0.15, 0.15), seed)
    assert (part == stratified(classes, (0.7, 0.15, 0.15), seed)).all()
    for label, count in zip(*np.unique(classes, return_counts=True), strict=True):
        found = np.bincount(part[classes == label], minlength=3)
        if count < 3:
            assert found.tolist() == [count, 0, 0]
        else:
            assert found.min() >= 1 and abs(found[2] - 0.15 * count) <= 2 and abs(found[1] - 0.15 * count) <= 2


def test_shares_are_exact_and_the_seed_matters():
    raw = table(1000)
    parts = split(raw, np.arange(1000) % 7, seed=3)
    assert sizes(parts) == [700, 150, 150]
    assert_partition(parts, 1000)
    assert all((split(raw, np.arange(1000) % 7, seed=3).parts[k] == v).all() for k, v in parts.parts.items())
    assert (split(raw, np.arange(1000) % 7, seed=4).parts["test"] != parts.parts["test"]).any()
    assert sizes(split(raw, how="80/10/10")) == [800, 100, 100]
    assert sizes(split(raw, how="0.6/0.2/0.2")) == [600, 200, 200]


@pytest.mark.parametrize("how", ["80/20", "80/10/5", "100/0/0", "90/20/-10", "80/10/nan"])
def test_bad_shares(how):
    with pytest.raises(UsageError, match="add up to 100"):
        split(table(), how=how)


def test_split_column():
    names = ["train", "valid", "TEST", "dev", "training"] * 20
    parts = split(table(part=names), how="part")
    assert sizes(parts) == [40, 40, 20] and parts.parts["test"][0] == 2
    with pytest.raises(DataError, match="it holds 0, 1"):
        split(table(), how="y")
    with pytest.raises(DataError, match="Did you mean 'part'"):
        split(table(part=names), how="parts")
    assert official_split(pd.Series(["train", None])) is None
    assert official_split(pd.Series(["test", "test"])) is None


def test_official_parts_are_kept_and_the_others_carved():
    raw = table(200)
    raw.split = np.array(["train"] * 150 + ["test"] * 50)
    parts = split(raw, np.arange(200) % 2)
    assert sizes(parts) == [135, 15, 50] and parts.parts["test"].tolist() == list(range(150, 200))
    assert "validation part drawn" in parts.notes[0].text and parts.notes[0].flag == "--split 70/15/15"
    raw.split = np.array(["train"] * 150 + ["validation"] * 50)
    parts = split(raw, np.arange(200) % 2)
    assert len(parts.parts["test"]) == 22 and parts.parts["validation"].tolist() == list(range(150, 200))
    raw.split = np.array(["train"] * 200)
    assert_partition(split(raw), 200)
    raw.split = np.array(["train"] * 100_000 + ["test"] * 10)
    big = Raw("t", pd.DataFrame({"y": np.zeros(100_010)}), split=raw.split)
    assert sizes(split(big)) == [95_000, 5_000, 10]
    assert sizes(split(big, how="80/10/10"))[0] == 80_008


@pytest.mark.parametrize("groups", [3, 7, 40])
def test_groups_stay_whole(groups):
    who = np.random.default_rng(0).integers(0, groups, 400).astype(str)
    raw = table(400, who=who)
    parts = split(raw, group="who", seed=1)
    assert_partition(parts, 400)
    found = [set(who[p]) for p in parts.parts.values()]
    assert not (found[0] & found[1] or found[0] & found[2] or found[1] & found[2])
    if groups == 40:
        assert abs(len(parts.parts["test"]) - 60) < 20
    assert (split(raw, group="who", seed=1).parts["test"] == parts.parts["test"]).all()
    with pytest.raises(DataError, match="2 different values"):
        split(raw, group="y")
    with pytest.raises(DataError, match="Did you mean 'who'"):
        split(raw, group="whom")


@pytest.mark.parametrize("form", [None, "%Y-%m-%d", "%d/%m/%Y"])
def test_time_keeps_the_order(form):
    order = np.random.default_rng(0).permutation(300)
    when = pd.date_range("2020-01-20", periods=300)[order]
    parts = split(table(300, when=when if form is None else when.strftime(form)), time="when").parts
    assert [len(p) for p in parts.values()] == [210, 45, 45]
    assert order[parts["train"]].max() < order[parts["validation"]].min()
    assert order[parts["validation"]].max() < order[parts["test"]].min()


def test_rows_of_one_time_stay_together():
    year = np.repeat([2001, 2002, 2003, 2004], 25)
    parts = split(table(year=year), time="year").parts
    assert [set(year[p]) for p in parts.values()] == [{2001, 2002}, {2003}, {2004}]
    with pytest.raises(DataError, match="part is empty"):
        split(table(year=[2001] * 100), time="year")
    with pytest.raises(DataError, match="cannot be read as numbers or dates"):
        split(table(year=["soon", "late"] * 50), time="year")


def test_too_few_rows_and_rare_classes():
    with pytest.raises(DataError, match="9 rows with a target; 10 at least"):
        split(table(9))
    raw = table(50, y=["a"] * 47 + ["b"] * 2 + ["c"])
    parts = split(raw, np.array([0] * 47 + [1] * 2 + [2]))
    assert set(range(47, 50)) <= set(parts.parts["train"].tolist())
    assert any(n.warning and "b (2), c (1)" in n.text for n in parts.notes)
