import json

import numpy as np
import pytest

from profundo.compare import compare, compare_chart, compare_lines
from profundo.errors import DataError, UsageError
from profundo.files import write_json
from profundo.metrics import classification_scores, compare_regressors, multilabel_scores, regression_scores
from profundo.metrics.hypothesis import cochrans_q, five_by_two_f, five_by_two_t, holm, mcnemar, resampled_t
from profundo.report.stored import read_run
from profundo.report.sure import sure_section
from profundo.schema import Category, Number, Schema

LABELS = ("no", "yes")


def answered(seed, y, share):
    random = np.random.default_rng(seed)
    return np.where(random.random(len(y)) < share, y, 1 - y)


def truth(n=200, seed=0):
    return np.random.default_rng(seed).integers(0, 2, n)


def write(
    folder, scores, arrays, *, task="classification", target="answer", kind=None, name="rows.csv", plan="", **more
):
    """Write a run folder by hand: what `profundo compare` reads of one."""
    folder.mkdir(parents=True)
    kinds = kind or {target: Category(LABELS)}
    write_json(folder / "schema.json", Schema({"a": Number()}, kinds).to_dict())
    facts = {"name": name, "fingerprint": more.pop("fingerprint", "same"), "counts": {"train": 700, "test": 300}}
    write_json(folder / "data.json", facts)
    (folder / "plan.toml").write_text(f'[data]\nsource = "{name}"\nseed = 0\n{plan}')
    folds = more.pop("folds", None)
    if folds is not None:
        write_json(folder / "folds.json", folds)
    write_json(
        folder / "scores.json", {"task": task, "network": "mlp", "scores": scores, "main": next(iter(scores)), **more}
    )
    np.savez(folder / "answers.npz", **arrays)
    return folder


def classifier(folder, y, given, ids=None, baselines=None, **more):
    shares = np.where(given[:, None] == np.arange(2), 0.9, 0.1)
    scores = {k: v.to_dict() for k, v in classification_scores(y, shares, LABELS, resamples=50).items()}
    arrays = {"ids": np.arange(len(y)) if ids is None else ids, "y": y, "probabilities": shares}
    arrays["prediction"] = np.array(LABELS)[given]
    arrays |= {f"baseline:{k}": v for k, v in (baselines or {}).items()}
    return write(folder, scores, arrays, **more)


def folds_of(scores, baselines=None, method="kfold:5", n_train=80, n_test=20):
    rounds = [
        {
            "number": i + 1,
            "seed": i,
            "n_train": n_train,
            "n_test": n_test,
            "scores": {"accuracy": s},
            "train_scores": None,
            "chance_scores": None,
            "baselines": {k: {"accuracy": v[i]} for k, v in (baselines or {}).items()},
            "best_baseline": next(iter(baselines or {}), None),
        }
        for i, s in enumerate(scores)
    ]
    whole = {"value": float(np.mean(scores)), "low": 0.6, "high": 0.9, "n": 100}
    return {
        "method": method,
        "task": "classification",
        "main": "accuracy",
        "scores": {"accuracy": whole},
        "rounds": rounds,
    }


def test_two_on_the_same_rows_are_mcnemars(tmp_path):
    y = truth()
    a, b = answered(1, y, 0.95), answered(2, y, 0.75)
    order = np.random.default_rng(3).permutation(200)
    runs = classifier(tmp_path / "a", y, a), classifier(tmp_path / "b", y[order], b[order], ids=order)
    found = compare(*runs)
    pair, test = found["pairs"][0], mcnemar(y, a, b)
    assert (pair["p"], pair["difference"], pair["low"], pair["high"]) == (test.p, test.effect, test.low, test.high)
    assert pair["result"] == "better" and pair["corrected_p"] == pair["p"] and found["overall"] is None
    assert found["method"].startswith("McNemar") and "same test rows" in found["why"]
    assert "is better than" in found["sentences"][0] and "points" in found["sentences"][0]
    json.dumps(found, allow_nan=False)
    turned = compare(*reversed(runs))["pairs"][0]
    assert turned["result"] == "worse" and turned["difference"] == -pair["difference"]


def test_three_are_cochrans_q_and_holm(tmp_path):
    y = truth()
    given = [answered(s, y, share) for s, share in ((1, 0.95), (2, 0.8), (3, 0.8))]
    found = compare(*(classifier(tmp_path / str(i), y, g) for i, g in enumerate(given)))
    assert found["overall"]["p"] == cochrans_q(np.stack([g == y for g in given], 1)).p
    p = [mcnemar(y, given[i], given[j]).p for i, j in ((0, 1), (0, 2), (1, 2))]
    assert [pair["p"] for pair in found["pairs"]] == p
    assert [pair["corrected_p"] for pair in found["pairs"]] == holm(p)
    assert found["sentences"][0].startswith("Taken together the 3 differ")
    assert "2 of 3 differences are clear after Holm's correction." in found["sentences"]


def test_one_run_alone_meets_its_baselines(tmp_path):
    y = truth()
    baselines = {"dummy": np.zeros(200, int), "random forest": answered(2, y, 0.9)}
    run = classifier(tmp_path / "a", y, answered(1, y, 0.9), baselines=baselines)
    found = compare(run)
    assert [e["name"] for e in found["entrants"]] == ["the network (mlp)", "dummy", "random forest"]
    assert [(p["a"], p["b"]) for p in found["pairs"]] == [("the network (mlp)", n) for n in baselines]
    assert found["pairs"][0]["result"] == "better"
    assert len(found["seeds"]) == 1  # baselines have no starting state
    two = compare(run, f"{run}:random forest")
    assert two["pairs"][0]["p"] == found["pairs"][1]["p"] and two["pairs"][0]["b"] == f"{run}:random forest"
    with pytest.raises(UsageError, match="Did you mean 'random forest'"):
        compare(run, f"{run}:random forst")
    with pytest.raises(UsageError, match="compared with nothing"):
        compare(f"{run}:dummy")


def test_the_same_resampling_is_the_corrected_t(tmp_path):
    y = truth()
    a, b = [0.9, 0.85, 0.95, 0.8, 0.9], [0.8, 0.8, 0.8, 0.75, 0.7]
    given = answered(1, y, 0.9)
    runs = [
        classifier(tmp_path / "a", y, given, folds=folds_of(a, {"SVM": b})),
        classifier(tmp_path / "b", y, given, folds=folds_of(b)),
    ]
    found = compare(*runs)
    test = resampled_t(np.subtract(a, b), 20 / 80)
    assert found["pairs"][0]["p"] == test.p and found["pairs"][0]["rounds"] == 5
    assert (found["pairs"][0]["low"], found["pairs"][0]["high"]) == (test.low, test.high)
    assert "Nadeau" in found["method"] and "kfold:5" in found["why"]
    assert found["pairs"][0]["also"][0]["p"] == 1  # the two networks answered the test part alike


def test_5x2_is_the_f_and_the_t(tmp_path):
    y, random = truth(), np.random.default_rng(0)
    a, b = (0.8 + 0.05 * random.random((2, 10))).tolist()
    runs = [
        classifier(tmp_path / n, y, y, folds=folds_of(s, method="5x2", n_train=50, n_test=50))
        for n, s in (("a", a), ("b", b))
    ]
    found, d = compare(*runs), np.subtract(a, b).reshape(5, 2)
    assert found["pairs"][0]["p"] == five_by_two_f(d).p
    assert found["pairs"][0]["also"][0]["p"] == five_by_two_t(d).p


def test_other_rounds_are_not_compared_as_the_same(tmp_path):
    y = truth()
    a, b = answered(1, y, 0.9), answered(2, y, 0.8)
    runs = [
        classifier(tmp_path / "a", y, a, folds=folds_of([0.9] * 4 + [0.8])),
        classifier(tmp_path / "b", y, b, folds=folds_of([0.8] * 9 + [0.7], method="kfold:10")),
    ]
    assert compare(*runs)["method"].startswith("McNemar")


def test_other_rows_of_the_same_data_are_proportions(tmp_path):
    y = truth(300)
    right = np.arange(300) % 10
    runs = [
        classifier(tmp_path / "a", y[:200], np.where(right < 9, y, 1 - y)[:200], fingerprint="one"),
        classifier(
            tmp_path / "b",
            y[100:],
            np.where(right < 7, y, 1 - y)[100:],
            ids=np.arange(100, 300),
            fingerprint="two",
            plan='split = "60/20/20"\n',
        ),
    ]
    found = compare(*runs)
    assert found["method"].startswith("difference of two proportions") and "split None and '60/20/20'" in found["why"]
    assert found["pairs"][0]["difference"] == pytest.approx(0.2) and found["pairs"][0]["result"] == "better"


def numbers(folder, y, given, **more):
    scores = {k: v.to_dict() for k, v in regression_scores(y, given, resamples=50).items()}
    arrays = {"ids": np.arange(len(y)), "y": y, "prediction": given}
    return write(folder, scores, arrays, task="regression", kind={"price": Number()}, **more)


def test_numbers_are_a_paired_bootstrap(tmp_path):
    random = np.random.default_rng(0)
    y = random.normal(size=100)
    a, b = y + 0.1 * random.normal(size=100), y + random.normal(size=100)
    found = compare(numbers(tmp_path / "a", y, a), numbers(tmp_path / "b", y, b))
    known = compare_regressors(y, a, b)
    assert (found["metric"], found["pairs"][0]["p"], found["pairs"][0]["low"]) == ("r2", known.p, known.low)
    assert "points" not in found["sentences"][0] and "R2" in found["sentences"][0]


def test_several_labels(tmp_path):
    random = np.random.default_rng(0)
    y = random.integers(0, 2, (150, 2))
    names, runs = ("red", "round"), []
    for i, noise in enumerate((0.05, 0.4)):
        shares = np.where(random.random((150, 2)) < noise, 1 - y, y) * 0.8 + 0.1
        scores = {k: v.to_dict() for k, v in multilabel_scores(y, shares, names, resamples=50).items()}
        arrays = {
            "ids": np.arange(150),
            "y": y,
            "probabilities": shares,
            "prediction": np.where(shares > 0.5, "yes", "no"),
        }
        kind = dict.fromkeys(names, Category(LABELS))
        runs.append(write(tmp_path / str(i), scores, arrays, task="multilabel", kind=kind))
    found = compare(*runs)
    assert found["metric"] == "f1" and found["pairs"][0]["result"] == "better"


def test_what_differs_is_said(tmp_path):
    y = truth()
    first = classifier(tmp_path / "a", y, y)
    price = numbers(tmp_path / "n", y.astype(float), y + 0.1, fingerprint="z")
    with pytest.raises(
        UsageError, match="differ in task 'classification' and 'regression'; target 'answer' and 'price'"
    ):
        compare(first, price)
    other = classifier(tmp_path / "o", y, y, fingerprint="other", name="flowers.csv")
    with pytest.raises(UsageError, match=r"data 'rows\.csv' and 'flowers\.csv'"):
        compare(first, other)
    changed = classifier(tmp_path / "c", np.r_[1 - y[:3], y[3:]], y, fingerprint="changed")
    with pytest.raises(UsageError, match=r"row 0 has another 'answer' .*3 of 200 rows"):
        compare(first, changed)
    with pytest.raises(UsageError, match="named twice"):
        compare(first, first)
    with pytest.raises(UsageError, match="nothing to compare"):
        compare()
    with pytest.raises(UsageError, match="no answers of baselines"):
        compare(first)
    with pytest.raises(DataError, match="not a profundo run"):
        compare(first, tmp_path / "nowhere")


def test_numbers_on_other_rows_say_what_to_type(tmp_path):
    y = np.random.default_rng(0).normal(size=50)
    a = numbers(tmp_path / "a", y, y, fingerprint="1")
    b = numbers(tmp_path / "b", y[:40], y[:40], fingerprint="2", plan="rows = 40\n")
    with pytest.raises(UsageError, match=r"rows None and 40.*--seed"):
        compare(a, b)


def seeds_of(values):
    each = [
        {"seed": i, "scores": {"accuracy": {"value": v, "low": None, "high": None, "n": 9}}}
        for i, v in enumerate(values)
    ]
    return {"seeds": each}


def test_starting_states_are_part_of_the_answer(tmp_path):
    from scipy.stats import ttest_ind

    y = truth()
    a, b = answered(1, y, 0.9), answered(2, y, 0.8)
    plain = classifier(tmp_path / "p", y, b)
    assert any("--seeds 5" in s for s in compare(classifier(tmp_path / "a", y, a), plain)["sentences"])
    one, two = [0.9, 0.92, 0.88], [0.8, 0.83, 0.84]
    runs = [classifier(tmp_path / f"s{i}", y, g, **seeds_of(v)) for i, (g, v) in enumerate(((a, one), (b, two)))]
    found = compare(*runs)
    assert found["seeds"][0]["n"] == 3 and found["seeds"][0]["mean"] == pytest.approx(0.9)
    p = ttest_ind(one, two, equal_var=False).pvalue
    assert any(f"p = {p:.3f}, Welch" in s for s in found["sentences"])
    assert not any("--seeds" in s for s in found["sentences"])
    wild = classifier(tmp_path / "w", y, a, **seeds_of([0.5, 0.99]))
    assert any(
        s.startswith("Careful: 1 of the clear differences is smaller") for s in compare(wild, plain)["sentences"]
    )


def test_lines_and_chart(tmp_path):
    y = truth()
    run = classifier(
        tmp_path / "a", y, answered(1, y, 0.9), baselines={"<b>": answered(2, y, 0.7), "SVM": answered(3, y, 0.9)}
    )
    found = compare(run)
    lines = compare_lines(found)
    assert any("corrected" in line for line in lines) and any(line.startswith(" test") for line in lines)
    assert any("None of" in line or "1 of 2" in line for line in lines)
    chart = compare_chart(found)
    assert chart.startswith("<svg") and "<b>" not in chart and "in points" in chart


def test_real_runs(tmp_path):
    from profundo import train

    runs = [
        train("iris", out=tmp_path / name, network=name, epochs=3, budget=0.0, evaluate="holdout", check=False)
        for name in ("linear", "mlp")
    ]
    found = compare(*runs)
    assert found["n"] == len(np.load(runs[0].path("answers.npz"))["y"])
    assert found["method"].startswith("McNemar")
    asked = compare(*runs, source="iris")
    assert asked["n"] == 150 and "trained on" in asked["why"]


def test_the_page_says_what_it_has_and_what_to_type(tmp_path):
    y = truth()
    svm = answered(2, y, 0.8)
    folds = folds_of([0.9, 0.85, 0.95, 0.8, 0.9], {"SVM": [0.8, 0.8, 0.8, 0.75, 0.7]})
    run = classifier(
        tmp_path / "a&b",
        y,
        answered(1, y, 0.95),
        baselines={"SVM": svm, "dummy": np.zeros(200, int)},
        folds=folds,
        comparison={"baseline": "SVM"},
    )
    page = sure_section(read_run(run))
    test = mcnemar(y, answered(1, y, 0.95), svm)
    assert f"{100 * test.effect:+.1f} points" in page and "better than SVM" in page
    assert "Q = " in page and "over 5 rounds (kfold:5)" in page
    assert "--evaluate 5x2" in page and "--seeds 5" in page and "--evaluate kfold:5" not in page
    assert "a&amp;b" in page and "a&b/plan" not in page
    assert page.count("<details>") >= 14


def test_the_page_of_numbers(tmp_path):
    y = np.random.default_rng(0).normal(size=50)
    page = sure_section(read_run(numbers(tmp_path / "a", y, y + 0.5)))
    assert "R2" in page and "--evaluate kfold:5" in page


def test_a_damaged_folds_file(tmp_path):
    y = truth()
    run = classifier(tmp_path / "a", y, y, folds={"method": "kfold:5", "rounds": [{"number": 1, "scores": 3}]})
    with pytest.raises(DataError, match=r"folds\.json is damaged: rounds\.0\.scores"):
        sure_section(read_run(run))
