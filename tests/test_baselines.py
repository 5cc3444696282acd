import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from profundo import classical
from profundo.baselines import run_baselines
from profundo.errors import UsageError
from profundo.metrics import Rival, verdict

CLASSIFIERS = [m.name for m in classical.methods("classification")]
REGRESSORS = [m.name for m in classical.methods("regression")]


def split(x, y, seed=0):
    rows = np.random.default_rng(seed).permutation(len(y))
    first, second = int(0.6 * len(y)), int(0.8 * len(y))
    cut = {"train": rows[:first], "validation": rows[first:second], "test": rows[second:]}
    return {part: (x[r].astype(np.float32), y[r]) for part, r in cut.items()}


def run(parts, task="classification", labels=("a", "b"), **options):
    return {r.name: r for r in run_baselines(parts, task, labels, **({"budget_s": 60.0} | options))}


def standard(frame):
    return ((frame - frame.mean()) / frame.std()).to_numpy()


def test_iris(shared):
    import pandas as pd

    frame = pd.read_csv(shared("tabular/iris.csv"))
    y, labels = pd.factorize(frame.iloc[:, -1])
    parts = split(standard(frame.select_dtypes("number")), y)
    results = run(parts, labels=labels)
    assert sorted(results) == sorted(CLASSIFIERS) and len(CLASSIFIERS) == 8
    assert list(results)[-1] == "gradient boosting"  # the slowest with several labels
    for name, result in results.items():
        assert result.note == "" and result.scores is not None
        assert result.probabilities.shape == (30, 3)
        np.testing.assert_allclose(result.probabilities.sum(1), 1, atol=1e-6)
        np.testing.assert_array_equal(result.prediction, result.probabilities.argmax(1))
        assert result.scores["accuracy"].value == np.mean(result.prediction == parts["test"][1])
        assert result.scores["accuracy"].value > (0.1 if name == "dummy" else 0.85)
    rivals = [Rival(r.name, r.validation, r.prediction) for r in results.values()]
    found = verdict(parts["test"][1], parts["test"][1], rivals, "classification")
    assert found["baseline"] == max(rivals, key=lambda r: r.validation).name
    stored = json.loads(json.dumps([r.to_dict() for r in results.values()], allow_nan=False))
    assert list(stored[1]) == ["name", "seconds", "scores", "validation_scores", "note"]
    again = run(parts, labels=labels)
    for name in results:
        np.testing.assert_array_equal(again[name].probabilities, results[name].probabilities)


def test_california_housing_in_dollars(shared):
    import pandas as pd

    frame = pd.read_csv(shared("tabular/california_housing.csv")).dropna().sample(3000, random_state=0)
    y = frame.pop("median_house_value").to_numpy(float)
    results = run(split(standard(frame.select_dtypes("number")), y), "regression", ["median_house_value"])
    assert list(results) == REGRESSORS and len(REGRESSORS) == 7
    r2 = {name: r.scores["r2"].value for name, r in results.items()}
    assert abs(r2["dummy"]) < 0.05 and all(v > 0.5 for name, v in r2.items() if name != "dummy"), r2
    assert r2["gradient boosting"] > r2["linear regression"]
    assert results["SVM"].probabilities is None and results["SVM"].prediction.mean() == pytest.approx(y.mean(), rel=0.1)


def test_several_targets():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    numbers = np.stack([x[:, 0] + 5, 100 * x[:, 1]], 1)
    for result in run(split(x, numbers), "regression", ("a", "b")).values():
        assert result.prediction.shape == (60, 2)
        assert result.name == "dummy" or result.scores["r2"].value > 0.7, result
    yes = (np.stack([x[:, 0], x[:, 1], -np.ones(300)], 1) > 0).astype(np.float32)  # the last is always 0
    for result in run(split(x, yes), "multilabel", ("a", "b", "c")).values():
        assert result.prediction.shape == (60, 3) and not result.prediction[:, 2].any()
        assert result.name == "dummy" or result.scores["accuracy"].value > 0.6, result


def test_a_label_that_the_training_part_lacks_has_no_probability():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 3)), rng.integers(0, 2, 200) * 2
    parts = split(x + y[:, None], y)
    parts["test"][1][:3] = 1
    for result in run(parts, labels=("a", "b", "c", "d")).values():
        assert result.probabilities.shape == (40, 4)
        assert not result.probabilities[:, [1, 3]].any()
        assert result.scores["accuracy"].value <= 37 / 40


def test_tiny_and_degenerate_data_never_stop_the_others():
    x = np.ones((10, 1))  # one constant column, fewer rows than neighbours
    results = run(split(x, np.array([0, 1] * 5)))
    assert list(results) == CLASSIFIERS
    assert [r.name for r in results.values() if r.scores is None] == ["naive Bayes"]  # it needs some variance
    assert results["naive Bayes"].note == "could not be fitted: its answers are not finite numbers"
    parts = split(np.random.default_rng(0).normal(size=(20, 2)), np.array([0, 1, 2, 0] * 5))
    parts["train"] = (parts["train"][0], np.zeros(12, int))  # one class only, of three
    results = run(parts, labels=("a", "b", "c"))
    assert sorted(results) == sorted(CLASSIFIERS)
    assert results["dummy"].scores is not None and results["SVM"].scores is None
    assert results["SVM"].note.startswith("could not be fitted: The number of classes has to be greater than one")
    assert np.isnan(results["SVM"].validation) and results["SVM"].to_dict()["scores"] is None


def test_embedded_categories_are_not_numbers():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 300, 3000)
    y = codes % 2  # no order in it
    x = np.stack([rng.normal(size=3000), np.minimum(codes, 40)], 1)
    results = run(split(x, y * (codes < 40)), embedded=1)
    assert results["logistic regression"].scores["accuracy"].value > 0.98
    assert results["gradient boosting"].scores["accuracy"].value > 0.98


def test_codes_become_ranks_learnt_from_the_training_part():
    x = {
        "train": np.array([[9.0], [9], [9], [4], [4], [7]]),
        "validation": np.array([[7.0], [5]]),
        "test": np.empty((0, 1)),
    }
    ranks, columns = classical.ranked(x, 1)
    assert columns == [0] and ranks["train"].ravel().tolist() == [0, 0, 0, 1, 1, 2]
    assert ranks["validation"].ravel().tolist() == [2, classical.CODES]
    columns, _ = classical.one_hot(x, 1)
    assert columns["validation"].tolist() == [[0, 0, 1], [0, 0, 0]] and columns["test"].shape == (0, 3)


def test_a_wide_and_long_table_is_sampled_and_compressed_and_the_notes_say_so():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 3000)
    x = rng.normal(size=(3000, 600)) + 0.3 * y[:, None]
    generator = run_baselines(split(x, y), "classification", ("a", "b"), budget_s=3.0)
    first = next(generator)
    assert first.note == "fitted on 1,750 of 1,800 rows"
    generator.close()
    arrays = {"y train": y[:1800], "y validation": y[1800:2400]}
    arrays |= {
        f"x {p}": x[s]
        for p, s in {"train": slice(1800), "validation": slice(1800, 2400), "test": slice(2400, 3000)}.items()
    }
    problem = classical.Problem("classification", 2, 0, 1800, 1, 0)
    method = next(m for m in classical.methods("classification") if m.name == "k-nearest neighbours")
    answers, notes = classical.run(method, problem, arrays)
    assert notes == ["on 100 principal components"]
    assert (answers["test"].argmax(1) == y[2400:]).mean() > 0.9


def test_the_budget_is_hard_and_what_did_not_finish_is_listed():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30_000, 30)), rng.integers(0, 20, 30_000)
    begin = time.monotonic()
    results = run(split(x, y), labels=[str(i) for i in range(20)], budget_s=4.0)
    assert time.monotonic() - begin < 4.0 + 6.0  # the last one is scored after the end
    assert sorted(results) == sorted(CLASSIFIERS)
    assert results["dummy"].scores is not None and results["gradient boosting"].scores is None
    assert results["gradient boosting"].note == "not finished within 4 s; more time: --budget 16"


def test_no_time_and_unknown_tasks():
    parts = split(np.ones((10, 1)), np.array([0, 1] * 5))
    results = run(parts, budget_s=0)
    assert list(results) == CLASSIFIERS and all("no time was given" in r.note for r in results.values())
    with pytest.raises(UsageError, match="Did you mean 'regression'"):
        run(parts, "regresion")


PARENT = """
import sys, numpy as np
from profundo import baselines
rng = np.random.default_rng(0)
x, y = rng.normal(size=(40_000, 100)).astype(np.float32), rng.integers(0, 50, 40_000)
parts = {"train": (x, y), "validation": (x, y), "test": (x, y)}
start = baselines.subprocess.Popen
def popen(*a, **k):
    child = start(*a, **k)
    print(child.pid, flush=True)
    return child
baselines.subprocess.Popen = popen
list(baselines.run_baselines(parts, "classification", [str(i) for i in range(50)], budget_s=100))
"""


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_child_ends_with_its_parent(kind):
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    child = int(parent.stdout.readline())
    time.sleep(1.5)
    os.kill(child, 0)
    parent.send_signal(kind)
    parent.wait(10)
    parent.stdout.close()
    for _ in range(100):
        if not running(child):
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    raise AssertionError("the child outlived its parent by 10 s")


def running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_that_dies_is_reported(monkeypatch, tmp_path):
    (tmp_path / "broken.py").write_text("import os; os._exit(3)")
    monkeypatch.setattr(classical, "__file__", str(tmp_path / "broken.py"))
    results = run(split(np.ones((10, 1)), np.array([0, 1] * 5)))
    assert all("ended unexpectedly" in r.note and r.scores is None for r in results.values())


def test_messages_survive_the_pipe(tmp_path):
    path = tmp_path / "message"
    arrays = {
        "a": np.arange(6.0).reshape(2, 3)[:, ::2],
        "none": np.empty((0, 4), np.float32),
        "codes": np.array([1, 2]),
    }
    with path.open("wb") as file:
        classical.send(file, {"name": "x"}, arrays)
    with path.open("rb") as file:
        head, found = classical.receive(file)
        assert classical.receive(file) is None
    assert head == {"name": "x"}
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
    path.write_bytes(path.read_bytes()[:-1])
    with path.open("rb") as file:
        assert classical.receive(file) is None


def test_eigenfaces_stand_beside_a_network_for_pictures():
    assert "eigenfaces + SVM" not in [m.name for m in classical.methods("classification", 3)]
    method = next(m for m in classical.methods("classification", 3, pictures=True) if m.build is classical.eigenfaces)
    random = np.random.default_rng(0)
    y = random.integers(3, size=150)
    x = (random.normal(size=(150, 8)) + 5 * np.eye(3, 8)[y]).astype(np.float32)
    parts = {"train": slice(100), "validation": slice(100, 120), "test": slice(120, 150)}
    arrays = {f"{name} {part}": v[cut] for part, cut in parts.items() for name, v in (("x", x), ("y", y))}
    problem = classical.Problem("classification", 3, 0, 100, 1, 0, pictures=True)
    answers, _ = classical.run(method, problem, arrays)
    assert (answers["test"].argmax(1) == y[120:]).mean() > 0.8
