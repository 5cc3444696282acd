"""From a trained run to what is said of new data: planted shifts are named, and nothing else is."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import profundo
from profundo.data import encode_new, load, read
from profundo.errors import DataError
from profundo.evaluate import open_trained
from profundo.files import atomic_write
from profundo.run import Run
from profundo.shift import (
    from_npz,
    reference,
    reference_summary,
    shift_lines,
    shifted,
    shifted_run,
    shifted_sources,
    to_npz,
)
from profundo.shift import shift as whole
from profundo.shift.reference import stored_rows
from profundo.shift.rows import picture_numbers


def people(seed: int, n: int, share: float = 0.5) -> pd.DataFrame:
    """Make rows of which `age` and `city` tell the class, `note` and `day` nothing, and `height` has gaps."""
    random = np.random.default_rng(seed)
    sick = random.random(n) < share
    words = np.array(["apple", "pear", "plum", "fig", "grape", "melon"])
    return pd.DataFrame(
        {
            "age": np.round(random.normal(40 + 20 * sick, 8), 1),
            "height": np.where(random.random(n) < 0.1, np.nan, random.normal(1.7, 0.1, n).round(3)),
            "city": np.where(random.random(n) < np.where(sick, 0.8, 0.3), "Reus", random.choice(["Lleida", "Vic"], n)),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 700, n), "D"),
            "note": [" ".join(random.choice(words, random.integers(4, 12))) for _ in range(n)],
            "state": np.where(sick, "sick", "well"),
        }
    )


@pytest.fixture(autouse=True)
def fewer_resamples(monkeypatch):
    monkeypatch.setattr(whole, "label_shares", partial(whole.label_shares, resamples=40))


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    out = tmp_path_factory.mktemp("shift") / "run"
    found = profundo.train(people(0, 1200), "state", baselines=False, epochs=6, lr=0.003, out=out, seed=0)
    with_reference(found, load(people(0, 1200), open_trained(found).plan.data))
    return found


def with_reference(run: Run, data) -> None:
    atomic_write(run.path("reference.npz"), to_npz(reference(open_trained(run), data)))
    run.seal()


def names(result) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in result["findings"]:
        found.setdefault(finding["name"], []).append(finding.get("place", ""))
    return found


def test_the_reference_is_rows_that_were_not_trained_on(run):
    data = load(people(0, 1200), open_trained(run).plan.data)
    stored = reference(open_trained(run), data)
    held = np.sort(np.concatenate([data.splits["validation"].numpy(), data.splits["test"].numpy()]))
    np.testing.assert_array_equal(stored["number:age"], data.frame["age"].to_numpy()[held])
    np.testing.assert_array_equal(stored["y"], data.y.numpy()[held])
    assert stored["outputs"].shape == (len(held), 2) and np.allclose(stored["outputs"].sum(1), 1)
    assert np.isnan(stored["number:height"]).sum() == data.frame["height"].isna().to_numpy()[held].sum()
    assert (stored["number:note: words"] >= 4).all() and (stored["number:note: share of known words"] == 1).all()


def test_the_reference_is_small_has_no_text_and_repeats_itself(run):
    data = load(people(0, 1200), open_trained(run).plan.data)
    packed = [to_npz(reference(open_trained(run), data)) for _ in range(2)]
    assert packed[0] == packed[1] == run.path("reference.npz").read_bytes()
    assert len(packed[0]) < 1_000_000
    stored = from_npz(run.path("reference.npz"))
    assert all(v.dtype.kind in "if" for k, v in stored.items() if k != "about")
    assert not any(b"apple" in v.tobytes() or b"Lleida" in v.tobytes() for v in stored.values())
    summary = reference_summary(stored)
    assert summary["n"] == len(stored["y"]) and summary["of"] == ["validation", "test"] and "age" in summary["columns"]


def test_a_wide_table_is_sampled_more_thinly():
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(1500, 600)), columns=[f"c{i}" for i in range(600)])
    stored = reference(None, load(frame.assign(y=random.integers(0, 2, 1500)), target="y"))
    assert 200 <= len(stored_rows(stored)) < 300 and stored["features"].shape[1] == 16


def test_a_damaged_reference_is_a_data_error(tmp_path, run):
    path = tmp_path / "reference.npz"
    with pytest.raises(DataError, match="does not exist"):
        from_npz(path)
    whole = run.path("reference.npz").read_bytes()
    for damaged in (b"", b"text", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="damaged"):
            from_npz(path)


def test_new_rows_like_the_old_raise_no_alarm(run):
    result = shifted_run(run, people(1, 500))
    assert not result["alarm"] and result["findings"] == []
    assert result["n_new"] == 500 and result["level"] == 0.05 and 0.05 < result["noticeable"] < 0.3
    assert {c["name"] for c in result["columns"]} >= {"age", "height", "city", "day", "note: words"}
    share = result["labels"]["classes"][0]
    assert share["low"] < share["after"] < share["high"]
    assert json.loads(json.dumps(result)) == result
    assert shift_lines(result)[0].startswith("No sign that the new data differ")


@pytest.mark.parametrize(
    ("column", "change", "finding", "says"),
    [
        ("age", lambda f: f["age"] * 1.2, "column moved", "age moved: the middle value was"),
        ("height", lambda f: f["height"] * 100, "unit changed", "about 100 times"),
        ("height", lambda f: f["height"].where(f.index % 2 == 0), "column moved", "it is missing in"),
        ("height", lambda f: np.nan, "column moved", "no value in any new row"),
        ("city", lambda f: f["city"].where(f.index % 5 > 0, "Paris"), "column moved", "never seen: 'Paris' (100)"),
        ("height", lambda f: f["height"].map("{} m".format), "column moved", "cannot be read"),
        ("city", lambda f: f["city"].where(f.index % 5 > 0, None), "column moved", "missing values"),
        ("day", lambda f: f["day"] + pd.Timedelta(days=900), "column moved", "and is 2023-0"),
        ("note", lambda f: "nothing known here at all", "column moved", "note: share of known words"),
    ],
)  # fmt: skip
def test_the_column_that_moved_is_named(run, column, change, finding, says):
    frame = people(2, 500)
    result = shifted_run(run, frame.assign(**{column: change(frame)}))
    told = [f for f in result["findings"] if f["name"] == finding and f["place"].startswith(column)]
    assert result["alarm"] and says in " ".join(f["text"] for f in told)
    others = {c["name"] for c in result["columns"] if c["shifted"] and not c["name"].startswith(column)}
    assert not others
    assert any(column in line for line in shift_lines(result)[:1])


def test_a_missing_column_is_a_finding_and_the_others_are_still_tested(run):
    frame = people(3, 500).rename(columns={"height": "heigth"})
    result = shifted_run(run, frame.assign(age=frame["age"] + 10).drop(columns="state"))
    first = result["findings"][0]
    assert (first["name"], first["severity"], first["place"]) == ("missing column", "serious", "height")
    assert "'heigth'" in first["text"] and result["alarm"]
    assert names(result)["column moved"] == ["age"] and result["outputs"] == [] and result["joint"] == {}
    assert "height" not in {c["name"] for c in result["columns"]}


def test_a_column_of_any_kind_may_be_missing(run):
    result = shifted_run(run, people(1, 500)[["age", "height"]])
    assert names(result) == {"missing column": ["city", "day", "note"]}
    assert {c["name"] for c in result["columns"]} == {"age", "height"}
    assert "city, day, note" in shift_lines(result)[0]


def test_a_few_new_labels_are_told_without_an_alarm(run):
    frame = people(1, 500)
    frame.loc[7, "city"] = "Paris"
    result = shifted_run(run, frame)
    (told,) = result["findings"]
    assert told["name"] == "new labels" and "'Paris' (1)" in told["text"] and not result["alarm"]


def test_five_rows_say_nothing(run):
    result = shifted_run(run, people(4, 5).assign(age=1000.0))
    assert not result["alarm"] and names(result) == {"too few rows": [""]}
    assert shift_lines(result)[0].startswith("Nothing can be said")


def test_the_shares_of_the_classes_are_estimated(run):
    result = shifted_run(run, people(5, 1000, share=0.8).drop(columns="state"))
    shares = {c["label"]: c for c in result["labels"]["classes"]}
    assert abs(shares["sick"]["after"] - 0.8) < 0.05 and shares["sick"]["low"] < 0.8 < shares["sick"]["high"]
    assert "answers moved" in names(result) and "unlike every class" not in names(result)
    assert any("sick" in line and "->" in line for line in shift_lines(result))


def test_answers_are_the_same_twice_and_the_network_is_left_alone(run):
    trained = open_trained(run)
    new = encode_new(trained.schema, trained.plan.task, read(people(6, 100)), targets=False)
    stored = from_npz(run.path("reference.npz"))
    assert shifted(stored, new, trained) == shifted(stored, new, trained)
    assert not any(m._forward_pre_hooks for m in trained.network.modules())


def test_without_the_network_only_the_columns_are_compared(run):
    trained = open_trained(run)
    new = encode_new(trained.schema, trained.plan.task, read(people(6, 100)), targets=False)
    result = shifted(from_npz(run.path("reference.npz")), new, None)
    assert result["columns"] and not result["outputs"] and not result["joint"] and not result["labels"]


def test_a_run_without_a_reference_says_so(tmp_path):
    found = profundo.train("iris", baselines=False, epochs=1, lr=0.01, out=tmp_path / "run")
    path = found.path("reference.npz")
    if path.exists():
        path.unlink()
    with pytest.raises(DataError, match="reference"):
        shifted_run(found, "iris")


def test_a_regression_has_answers_and_no_classes(tmp_path):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=900), "b": random.normal(size=900)})
    frame["y"] = frame["a"] - frame["b"]
    found = profundo.train(frame[:600], "y", baselines=False, epochs=10, lr=0.01, out=Path(tmp_path / "run"))
    with_reference(found, load(frame[:600], open_trained(found).plan.data))
    same, moved = shifted_run(found, frame[600:]), shifted_run(found, frame[600:].assign(a=frame["a"] + 1))
    assert not same["alarm"] and same["labels"] == {}
    assert moved["alarm"] and "answers moved" in names(moved)
    assert "prediction of y" in " ".join(f["text"] for f in moved["findings"])


def test_two_sources_are_compared_without_a_network():
    frame, other = people(7, 600), people(8, 400)
    assert not shifted_sources(other, frame, target="state")["alarm"]
    result = shifted_sources(people(9, 400, share=0.75), frame, target="state")
    assert "state" in names(result)["column moved"] and result["outputs"] == []


def test_a_joint_shift_is_found_where_no_column_moved():
    random = np.random.default_rng(2)
    old, new = (pd.DataFrame(random.normal(size=(n, 3)), columns=list("abc")) for n in (900, 600))
    old["y"], new["y"] = random.normal(size=900), random.normal(size=600)
    new["b"] = 0.8 * new["a"] + 0.6 * new["b"]
    result = shifted_sources(new, old, target="y")
    assert names(result) == {"columns together": [""]} and not any(c["shifted"] for c in result["columns"])


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A network that never saw the digit 4, its reference, and rows that it never saw: (x, y)."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = np.rint(x.reshape(-1, 8, 8) * 255 / 16).astype(np.uint8)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order], y[order]
    known = y != 4
    train, new = (x[known][:1200], y[known][:1200]), (x[known][1200:], y[known][1200:])
    out = tmp_path_factory.mktemp("digits") / "run"
    found = profundo.train(train, network="mlp", baselines=False, epochs=20, lr=0.003, out=out, seed=0)
    with_reference(found, load(train, open_trained(found).plan.data))
    return found, new, x[~known]


def test_pictures_like_the_old_raise_no_alarm_and_brighter_ones_do(digits):
    run, (x, y), _ = digits
    assert not shifted_run(run, (x, y))["alarm"]
    result = shifted_run(run, (np.clip(x * 1.0 + 25, 0, 255).astype(np.uint8), y))
    assert "they are brighter; the middle brightness" in " ".join(f["text"] for f in result["findings"])
    assert "pictures changed" in names(result)


def test_a_class_never_seen_is_called_so(digits):
    run, (x, _), fours = digits
    result = shifted_run(run, (np.concatenate([x[:280], fours[:100]]), np.zeros(380, int)))
    (told,) = [f for f in result["findings"] if f["name"] == "unlike every class"]
    assert told["severity"] == "serious" and np.mean(np.array(told["rows"]) >= 280) > 0.6


def test_the_numbers_of_a_picture():
    import torch

    pixels = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
    pixels[1, 0] = 255
    found = picture_numbers(pixels, np.array([1, 0]))
    assert found["red"].tolist() == [1, 0] and found["blue"].tolist() == [0, 0]
    assert found["brightness"] == pytest.approx([1 / 3, 0]) and found["saturation"].tolist() == [1, 0]
    assert found["black"].tolist() == [0, 1] and found["sharpness"].tolist() == [0, 0]
