"""The rounds of a resampling: nothing that is tested is learnt from, and every rule of the data is kept to."""

import numpy as np
import pandas as pd
import pytest

from profundo.data import load
from profundo.data.folds import Rows, divide, numbered, ranked, scheme
from profundo.errors import DataError, UsageError

CLASSES = np.repeat([0, 1, 2], [60, 30, 10])
ROUNDS = [
    "kfold:5/2",
    "repeated:10/3",
    "loo/7",
    "5x2/4",
    "bootstrap:25/9",
    ".632:25/1",
    ".632+:25/25",
    "nested:5x3/2.1",
]


@pytest.mark.parametrize("fold", ROUNDS)
def test_no_row_is_in_two_parts_and_a_round_is_a_pure_function(fold):
    rows = Rows(CLASSES)
    parts = divide(fold, rows, seed=3)
    for a, b in [("train", "test"), ("train", "validation"), ("validation", "test")]:
        assert not np.intersect1d(parts[a], parts[b]).size
    again = divide(fold, rows, seed=3)
    assert all(np.array_equal(parts[name], again[name]) for name in parts)
    assert any(not np.array_equal(parts[name], divide(fold, rows, seed=4)[name]) for name in parts)


@pytest.mark.parametrize(("how", "count"), [("kfold:5", 5), ("kfold:7", 7), ("nested:5x3", 5), ("loo", 100)])
def test_every_row_is_tested_once(how, count):
    tested = np.concatenate([divide(f"{how}/{n}", Rows(CLASSES), 0)["test"] for n in range(1, count + 1)])
    assert np.array_equal(np.sort(tested), np.arange(100))


def test_folds_are_stratified():
    for number in range(1, 6):
        found = np.bincount(CLASSES[divide(f"kfold:5/{number}", Rows(CLASSES), 1)["test"]], minlength=3)
        assert np.abs(found - [12, 6, 2]).max() <= 1


def test_the_two_halves_of_5x2_are_each_other_s_complement():
    for first in range(1, 11, 2):
        one, two = (divide(f"5x2/{n}", Rows(CLASSES), 0)["test"] for n in (first, first + 1))
        assert np.array_equal(np.sort(np.concatenate([one, two])), np.arange(100))


def test_a_bootstrap_learns_rows_repeatedly_and_tests_those_never_drawn():
    parts = divide("bootstrap:25/1", Rows(np.zeros(1000, np.int64)), 0)
    share = len(parts["test"]) / 1000
    assert 0.33 < share < 0.41  # (1 - 1/n)^n is 0.368
    assert len(np.unique(parts["train"])) < len(parts["train"])


def test_an_inner_fold_never_sees_what_the_outer_round_tests():
    outer = divide("nested:5x3/2", Rows(CLASSES), 0)["test"]
    inner = [divide(f"nested:5x3/2.{n}", Rows(CLASSES), 0) for n in (1, 2, 3)]
    assert all(not np.intersect1d(outer, np.concatenate(list(parts.values()))).size for parts in inner)
    tested = np.concatenate([parts["test"] for parts in inner])
    assert np.array_equal(np.sort(tested), np.setdiff1d(np.arange(100), outer))


@pytest.mark.parametrize("fold", ["kfold:5/2", "repeated:10/3", "loo/3", "bootstrap:25/2", "nested:5x3/1.2", "5x2/1"])
def test_groups_stay_together(fold):
    groups = np.random.default_rng(0).integers(0, 12, 100)
    parts = divide(fold, Rows(CLASSES, groups=groups), 0)
    owners = [set(groups[rows]) for rows in parts.values()]
    assert not owners[0] & owners[1] and not owners[0] & owners[2] and not owners[1] & owners[2]


def test_leave_one_out_with_groups_leaves_one_group_out():
    groups = np.repeat([4, 7, 9], [50, 30, 20])
    assert np.array_equal(divide("loo/2", Rows(CLASSES, groups=groups), 0)["test"], np.arange(50, 80))


def test_time_trains_on_the_past_alone():
    rank = ranked(np.random.default_rng(0).integers(0, 40, 100))
    for number in range(1, 6):
        parts = divide(f"kfold:5/{number}", Rows(CLASSES, rank=rank), 0)
        assert rank[parts["train"]].max() < rank[parts["validation"]].min()
        assert rank[parts["validation"]].max() < rank[parts["test"]].min()
    with pytest.raises(UsageError, match="kfold:5"):
        divide("bootstrap:5/1", Rows(CLASSES, rank=rank), 0)


@pytest.mark.parametrize("text", ["kfold", "kfold:10", "nested:4x2", "loo", "5x2", ".632+:50", "holdout", "repeated:1"])
def test_a_scheme_is_written_as_it_is_read(text):
    assert scheme(str(scheme(text))) == scheme(text)


@pytest.mark.parametrize("text", ["kfolds", "kfold:1", "kfold:x", "nested:5", "loo:3", "5x2:3", "holdout:2", ""])
def test_what_is_no_scheme_is_refused_with_advice(text):
    with pytest.raises(UsageError, match=r"--evaluate"):
        scheme(text)


def test_more_folds_than_rows_are_refused():
    with pytest.raises(DataError, match="kfold:8"):
        divide("kfold:9/1", Rows(np.zeros(8, np.int64)), 0)
    with pytest.raises(UsageError, match="kfold:5/2"):
        numbered("kfold:5/0")


def test_a_fold_learns_its_statistics_from_its_own_training_rows():
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"a": generator.normal(size=200), "y": generator.normal(size=200)})
    whole = load(frame, target=("y",), fold="kfold:5/1")
    changed = frame.copy()
    held = np.concatenate([whole.splits["test"].numpy(), whole.splits["validation"].numpy()])
    changed.loc[held, ["a", "y"]] = 1e6
    spoilt = load(changed, target=("y",), fold="kfold:5/1")
    assert spoilt.schema == whole.schema


def test_rows_can_be_left_out(tmp_path):
    frame = pd.DataFrame({"a": range(30), "y": [0, 1] * 15})
    listed = tmp_path / "bad.txt"
    listed.write_text("# suspects\n3\n17, 4\n")
    for without in ("3,17,4", str(listed)):
        left = set(load(frame, target=("y",), without=without).ids.tolist())
        assert left == set(range(30)) - {3, 4, 17}
    for wrong, said in [("3,99", "99"), ("nothere.txt", "nothere.txt")]:
        with pytest.raises(DataError, match=said):
            load(frame, target=("y",), without=wrong)


def with_copies():
    generator = np.random.default_rng(1)
    frame = pd.DataFrame(generator.normal(size=(120, 5)).round(3), columns=list("abcde"))
    frame["y"] = generator.integers(0, 2, 120)
    return pd.concat([frame, frame.iloc[:60]], ignore_index=True)  # row 120 + i is a copy of row i


@pytest.mark.parametrize("fold", ["", "kfold:4/2", "bootstrap:5/1"])
def test_copies_are_kept_in_one_part(fold):
    frame = with_copies()
    apart = load(frame, target=("y",), fold=fold)
    kept = load(frame, target=("y",), fold=fold, copies="together")

    def straddling(data):
        part = {int(i): name for name, rows in data.splits.items() for i in data.ids[rows]}
        return sum(part.get(i) != part.get(120 + i) for i in range(60) if i in part and 120 + i in part)

    assert straddling(apart) > 5
    assert straddling(kept) == 0
    assert sum(kept.count(name) for name in kept.splits) > 100


def test_copies_are_dropped_but_for_the_first():
    data = load(with_copies(), target=("y",), copies="drop")
    used = {int(i) for rows in data.splits.values() for i in data.ids[rows]}
    assert used == set(range(120))
    with pytest.raises(UsageError, match="--copies drop"):
        load(with_copies(), target=("y",), copies="together", group="a")


def test_every_group_is_left_out_once():
    groups = np.repeat([0, 1, 2, 3], [3, 5, 4, 8])
    rows = Rows(np.zeros(20, np.int64), groups)
    for number in range(1, 5):
        parts = divide(f"leave-one-group-out/{number}", rows, 0)
        assert set(groups[parts["test"]]) == {number - 1}
        assert not set(groups[parts["train"]]) & set(groups[parts["validation"]])
    with pytest.raises(DataError, match="4 rounds"):
        divide("leave-one-group-out/5", rows, 0)
    with pytest.raises(UsageError, match="--group COLUMN"):
        divide("leave-one-group-out/1", Rows(np.zeros(20, np.int64)), 0)
