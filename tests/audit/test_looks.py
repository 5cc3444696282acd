"""Each look by itself, on tables where the answer is known."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from profundo.audit import audit, findings_lines
from profundo.audit.groups import intraclass
from profundo.audit.kernel import RIDGE, leave_one_out
from profundo.audit.labels import confident, suspects
from profundo.data import load
from profundo.findings import Finding

KEYS = {"name", "severity", "text", "flag", "place", "rows", "pairs", "pictures", "plot", "facts"}


def table(rows=400, seed=0, **columns):
    """Five numbers, and a label that two of them tell, but for noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 5))
    y = np.where(x[:, 0] + x[:, 1] + rng.normal(size=rows) > 0, "yes", "no")
    return pd.DataFrame({f"x{i}": x[:, i] for i in range(5)} | columns | {"y": y})


def look(frame, target="y", **options):
    found = audit(load(frame, target=target, **options), strict=True)
    for finding in found:
        assert set(json.loads(json.dumps(finding.to_dict()))) <= KEYS
    return {f.name: f for f in found}


def test_nothing_is_found_in_an_honest_table():
    for seed in range(5):
        assert look(table(seed=seed)) == {}


def test_copies_within_a_part_and_across():
    frame = table(300)
    frame = pd.concat([frame, frame.iloc[:60]], ignore_index=True)
    frame["part"] = ["train"] * 200 + ["test"] * 100 + ["train"] * 30 + ["test"] * 30
    frame.loc[150:199, "part"] = "validation"
    found = look(frame, split="part")
    across, within = found["copies across parts"], found["copies"]
    assert set(across.pairs) == {(i, i + 300) for i in range(30, 60)} and across.severity == "serious"
    assert set(within.pairs) == {(i, i + 300) for i in range(30)}
    assert (across.flag, within.flag) == ("--copies together", "--copies drop")


def test_copies_by_chance_are_minor():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({c: rng.choice(["a", "b", "c"], 500) for c in "pqr"} | {"y": rng.choice(["u", "v"], 500)})
    found = look(frame)
    assert {f.severity for f in found.values()} == {"minor"}
    assert "by chance" in found["copies across parts"].text


def test_conflicting_labels_are_those_of_the_minority():
    frame = table(400)
    twice = frame.iloc[[5, 5, 9, 9]].copy()
    twice["y"] = ["no" if frame["y"][5] == "yes" else "yes", frame["y"][5]] + [frame["y"][9]] * 2
    found = look(pd.concat([frame, twice], ignore_index=True))
    assert found["conflicting labels"].pairs == ((5, 400),)


def test_equal_pictures_are_copies():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (120, 8, 8)).astype(np.uint8)
    x[100:] = x[:20]
    y = np.arange(120) % 2
    found = {f.name: f for f in audit(load((x, y)), strict=True)}
    assert "copies across parts" in found and found["copies across parts"].pictures
    pairs = {*found["copies across parts"].pairs, *(found["copies"].pairs if "copies" in found else ())}
    assert {tuple(sorted(p)) for p in pairs} == {(i, i + 100) for i in range(20)}


def test_constant_redundant_and_identifier_columns():
    frame = table(always="same", town="", code="", x0_inches=0.0, case=0)
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, len(frame))
    frame["town"], frame["code"] = np.array(list("abcd"))[codes], codes * 7.0
    frame["x0_inches"] = frame["x0"] / 2.54 + 1
    frame["case"] = rng.permutation(len(frame))
    found = look(frame)
    assert found["constant columns"].facts["columns"] == ["always"]
    assert {tuple(g) for g in found["redundant columns"].facts["columns"]} == {("town", "code"), ("x0", "x0_inches")}
    assert found["identifiers"].severity == "minor" and "left out already" in found["identifiers"].text
    kept = look(frame, keep=("case",))["identifiers"]
    assert (kept.severity, kept.flag) == ("warning", "--drop case")


def test_outliers_and_sentinels_but_no_long_tail():
    rng = np.random.default_rng(2)
    frame = table(1000, income=rng.lognormal(0, 2, 1000), age=rng.normal(40, 10, 1000).round())
    assert look(frame) == {}
    frame.loc[[7, 77], "x3"] = [5000.0, -4000.0]
    frame.loc[100:119, "age"] = -999
    found = look(frame)
    assert found["outliers"].place == "x3" and set(found["outliers"].rows) == {7, 77}
    assert found["outliers"].flag == "--without 7,77"
    assert found["sentinel values"].place == "age" and set(found["sentinel values"].rows) == set(range(100, 120))


@pytest.mark.parametrize("times, severity", [(6, "minor"), (40, "warning")])
def test_imbalance(times, severity):
    frame = table(820)
    frame["y"] = np.where(np.arange(820) % (times + 1) == 0, "rare", "common")
    found = look(frame)["class imbalance"]
    assert found.severity == severity and found.flag == "--balance auto"
    assert found.facts["ratio"] == pytest.approx(times, rel=0.2)


def test_tiny_classes_are_named_with_their_count():
    frame = table(400)
    frame.loc[:4, "y"] = "odd"
    found = look(frame)["tiny classes"]
    assert found.facts["classes"]["odd"]["rows"] == 5 and "'odd' (5 rows" in found.text


def test_a_leak_is_looked_for_in_the_training_part_alone():
    frame = table(600)
    frame["part"] = ["train"] * 300 + ["validation"] * 150 + ["test"] * 150
    known = np.where(frame["part"] == "train", np.random.default_rng(0).normal(size=600), (frame["y"] == "yes") * 5.0)
    assert "leaking column" not in look(frame.assign(noted=known), split="part")
    known = np.where(frame["part"] == "train", (frame["y"] == "yes") * 5.0, known)
    assert look(frame.assign(noted=known), split="part")["leaking column"].place == "noted"


def test_a_file_sorted_by_its_label_leaks_nothing():
    frame = table(600, ties=np.random.default_rng(0).integers(0, 100, 600) + 0.5).sort_values("y", ignore_index=True)
    assert look(frame) == {}


def test_a_good_column_is_no_leak():
    rng = np.random.default_rng(0)
    frame = table(600)
    frame["strong"] = (frame["y"] == "yes") * 2.6 + rng.normal(size=600)  # right in nine of ten
    assert look(frame) == {}


def test_a_group_split_leaves_no_straddling_group():
    rng = np.random.default_rng(0)
    people = rng.normal(size=(60, 5))
    frame = table(600)
    frame[[f"x{i}" for i in range(5)]] = np.repeat(people, 10, 0) + 0.1 * rng.normal(size=(600, 5))
    frame["speaker"] = np.repeat([f"s{i}" for i in range(60)], 10)
    frame = frame.sample(frac=1, random_state=0, ignore_index=True)
    found = look(frame)["straddling group"]
    assert (found.flag, found.severity) == ("--group speaker", "serious")
    assert found.facts["likeness of inputs"] > 0.9
    assert "straddling group" not in look(frame, group="speaker")


def test_a_plain_category_is_no_group():
    rng = np.random.default_rng(0)
    assert look(table(800, city=rng.choice([f"city {i}" for i in range(40)], 800))) == {}


def test_intraclass_correlation_is_unbiased():
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(200), 4)
    noise = [intraclass(rng.normal(size=(800, 3)), codes) for _ in range(20)]
    assert np.mean(noise) < 0.03
    parts = rng.normal(size=(200, 3))[codes] + rng.normal(size=(800, 3))  # half of the variance is between groups
    assert intraclass(parts, codes) == pytest.approx(0.5, abs=0.08)


def film(rows=600):
    """Rows of a slow walk, with labels that change slowly."""
    rng = np.random.default_rng(0)
    x = np.cumsum(rng.normal(size=(rows, 6)), 0)
    return pd.DataFrame({f"x{i}": x[:, i] for i in range(6)} | {"y": np.where(x[:, 0] > np.median(x[:, 0]), "a", "b")})


def test_consecutive_rows_are_found_and_sorted_ones_are_not():
    assert look(film())["consecutive rows"].severity == "serious"
    shuffled = film().sample(frac=1, random_state=0, ignore_index=True)
    assert "consecutive rows" not in look(shuffled)
    assert "consecutive rows" not in look(table(600).sort_values(["y", "x0"], ignore_index=True))
    ordered = film().assign(part=["train"] * 400 + ["validation"] * 100 + ["test"] * 100)
    assert "consecutive rows" not in look(ordered, split="part")


@pytest.mark.parametrize("drifting, severity", [(True, "warning"), (False, "minor")])
def test_dates_split_at_random(drifting, severity):
    rng = np.random.default_rng(0)
    frame = table(500, day=pd.date_range("2020-01-01", periods=500).astype(str))
    if drifting:
        frame["y"] = np.where(np.arange(500) + rng.normal(0, 60, 500) > 250, "yes", "no")
    frame = frame.sample(frac=1, random_state=0, ignore_index=True)
    found = look(frame)["random split of dates"]
    assert (found.severity, found.flag) == (severity, "--time day")
    assert "random split of dates" not in look(frame, time="day")


def test_claims_about_people():
    x = np.random.default_rng(0).integers(0, 256, (60, 8, 8)).astype(np.uint8)
    found = audit(load((x, np.array(["criminal", "non_criminal"])[np.arange(60) % 2])), strict=True)
    claim = next(f for f in found if f.name == "claim about people")
    assert claim.severity == "serious" and "criminality" in claim.text and "Wu and Zhang" in claim.text
    others = audit(load((x, np.array(["cat", "race car"])[np.arange(60) % 2])), strict=True)
    assert "claim about people" not in {f.name for f in others}


def test_leave_one_out_is_what_leaving_out_gives():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 2))
    distance = ((x[:, None] - x[None]) ** 2).sum(2)
    kernel = np.exp(-distance / np.sort(distance.ravel())[(distance.size - 1) // 2])
    expected = np.empty_like(y)
    centre = y.mean(0)
    for i in range(40):
        rest = np.arange(40) != i
        weights = np.linalg.solve(kernel[np.ix_(rest, rest)] + RIDGE * np.eye(39), y[rest] - centre)
        expected[i] = kernel[i, rest] @ weights + centre
    assert leave_one_out(x, y) == pytest.approx(expected, abs=1e-4)


def test_the_confident_joint_by_hand():
    p = np.array([[0.9, 0.1], [0.7, 0.3], [0.1, 0.9], [0.2, 0.8], [0.95, 0.05], [0.55, 0.45]])
    labels = np.array([0, 0, 1, 1, 1, 1])  # thresholds: 0.8 and 0.55; the last row but one is surely 0, the last unsure
    assert confident(p, labels).tolist() == [False, False, False, False, True, False]


def test_hard_examples_at_a_border_are_no_label_errors():
    rng = np.random.default_rng(0)
    p = rng.random(2000)
    labels = (rng.random(2000) < np.where(np.abs(p - 0.5) < 0.07, p, p > 0.5)).astype(int)  # torn only in the middle
    both = np.stack([1 - p, p], 1)
    assert suspects(both, labels) is None
    flipped = rng.choice(2000, 100, replace=False)
    labels[flipped] = 1 - labels[flipped]
    found = suspects(both, labels)
    assert found is not None and found.rate.low < 0.05 < found.rate.high


def test_a_look_that_fails_is_a_minor_finding(monkeypatch):
    def broken(data):
        raise ZeroDivisionError("odd data")

    module = sys.modules[audit.__module__]
    monkeypatch.setattr(module, "LOOKS", (("leaks", broken), *module.LOOKS))
    data = load(table())
    found = audit(data)
    assert [f.name for f in found] == ["look failed"] and "ZeroDivisionError: odd data" in found[0].text
    with pytest.raises(ZeroDivisionError):
        audit(data, strict=True)


@pytest.mark.parametrize("rows", [12, 30])
def test_small_and_odd_tables_are_survived(rows):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "huge": rng.normal(size=rows) * 1e300,
            "holes": np.where(rng.random(rows) < 0.6, np.nan, 1.5),
            "mixed": pd.Series([1, "a", None, 2.5] * rows, dtype=object)[:rows],
            "words": [f"some words about row {i}" for i in range(rows)],
            "flag": rng.random(rows) < 0.5,
            "y": np.arange(rows) % 2,
        }
    )
    audit(load(frame, target="y"), strict=True)
    audit(load(frame.assign(y=rng.normal(size=rows)), target="y"), strict=True)


def test_several_targets_are_survived():
    rng = np.random.default_rng(0)
    frame = table(200).assign(z=rng.integers(0, 2, 200), w=0)
    frame.loc[3:8, "w"] = 1
    found = look(frame.drop(columns="y"), target=("z", "w"), task="multilabel")
    assert found["class imbalance"].place == "w"
    look(frame.drop(columns="y"), target=("x0", "x1"), task="regression")


def test_lines_of_the_terminal():
    found = [Finding("a", "minor", "little", "--x")] * 5 + [
        Finding("b", "serious", "much \x1b[31m " + "word " * 60)
    ] * 3
    lines = findings_lines(found)
    assert lines[0].startswith(" serious   much \\x1b[31m word") and lines[1].startswith(" " * 11 + "word")
    assert (
        " minor     little   (try: --x)" in lines
        and lines[-1].strip() == "and 2 more, in the report and in findings.json"
    )
    assert max(map(len, lines)) <= 116 and findings_lines([]) == []
