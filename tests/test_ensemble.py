import shutil
from pathlib import Path

import numpy as np
import pytest

import profundo
from profundo.baselines import BaselineResult, run_baselines
from profundo.data import load
from profundo.data.columns import Columns
from profundo.ensemble import Member, combine, ensemble, members, of_run
from profundo.ensemble.combine import Combination, cross_validate, folds, greedy, ridge, stack, vote
from profundo.ensemble.refit import ensemble_predict
from profundo.errors import DataError, UsageError
from profundo.evaluate import Answers, answer, answers_to_npz, open_trained, true_values
from profundo.files import atomic_write
from profundo.metrics import regression_scores
from profundo.report.ensemble import ensemble_section
from profundo.report.stored import read_run
from profundo.run import Run
from profundo.tasks.task import Prediction


def noisy(n, deviations, seed=0):
    """Numbers, and members that miss them by independent errors of these deviations."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n)
    return y, [y + s * rng.normal(size=n) for s in deviations]


def shares_of(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def classifiers(n, noises, labels=3, seed=0):
    """Codes, and members that see the true logits through independent noise."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.normal(size=(n, labels))
    y = (logits + rng.gumbel(size=logits.shape)).argmax(1)
    return y, [shares_of(logits + s * rng.normal(size=logits.shape)) for s in noises]


def test_greedy_selection_finds_the_best_shares_within_its_steps():
    errors = np.diag([1.0, 1.0, 4.0])  # independent errors: the best shares are as 1 / variance, 4/9, 4/9, 1/9
    shares = greedy(errors)
    assert shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(shares, [4 / 9, 4 / 9, 1 / 9], atol=1 / 20)
    correlated = np.array([[1.0, 1.5], [1.5, 4.0]])  # the worse one adds nothing to the better one
    np.testing.assert_array_equal(greedy(correlated), [1, 0])
    rng = np.random.default_rng(0)
    for _ in range(20):
        a = rng.normal(size=(6, 6))
        own = a @ a.T
        shares = greedy(own)
        assert shares @ own @ shares <= np.diag(own).min() + 1e-9  # never worse than the best member alone


def test_a_vote_weighs_numbers_by_how_exact_they_are():
    y, answers = noisy(3000, [1.0, 1.0, 2.0])
    made = vote(answers, y, "regression")
    assert made.weights.sum() == pytest.approx(1) and (made.weights >= 0).all()
    np.testing.assert_allclose(made.weights, [4 / 9, 4 / 9, 1 / 9], atol=0.07)
    together = made(answers)
    np.testing.assert_allclose(together, sum(w * a for w, a in zip(made.weights, answers, strict=True)))
    assert np.mean((together - y) ** 2) < 0.75 * np.mean((answers[0] - y) ** 2)


def test_ridge_is_that_of_scikit_learn_around_equal_weights():
    from sklearn.linear_model import Ridge

    y, answers = noisy(80, [0.5, 1.0, 1.5], seed=3)
    x = 40 * np.stack(answers, 1) + 7
    fitted = ridge(x, 40 * y + 7)
    own = Ridge(alpha=combine.PENALTY).fit(np.stack(answers, 1) / y.std(), (y - np.mean(answers, 0)) / y.std())
    np.testing.assert_allclose(fitted[:-1], own.coef_ + 1 / 3, atol=1e-8)


def test_a_stack_corrects_members_that_are_biased_or_too_sure():
    y, answers = noisy(2000, [0.3, 0.3])
    skewed = [2 * answers[0] + 5, answers[1] - 3]
    made = stack(skewed, y, "regression")
    np.testing.assert_allclose(made.weights[0] * [2, 1], [0.48, 0.48], atol=0.05)
    assert np.mean((made(skewed) - y) ** 2) < 1.1 * 0.09 / 2
    y, shares = classifiers(3000, [0.5, 0.5])
    sure = [p**4 / (p**4).sum(1, keepdims=True) for p in shares]
    half = slice(0, 1500), slice(1500, 3000)
    calm, voted = (fit([p[half[0]] for p in sure], y[half[0]], "classification") for fit in (stack, vote))
    losses = [np.mean((c([p[half[1]] for p in sure]) - np.eye(3)[y[half[1]]]) ** 2) for c in (calm, voted)]
    assert losses[0] < losses[1]


@pytest.mark.parametrize("labels", [2, 4])
def test_answers_keep_their_shape_and_sum_to_one(labels):
    y, shares = classifiers(200, [0.5, 1.0, 2.0], labels)
    for fit in (vote, stack):
        made = fit(shares, y, "classification")
        together = made(shares)
        assert together.shape == (200, labels)
        np.testing.assert_allclose(together.sum(1), 1, atol=1e-12)
        again = Combination.from_dict(made.to_dict())
        np.testing.assert_array_equal(again(shares), together)
        assert made.shares.shape == (3,)
    rng = np.random.default_rng(0)
    yes = (rng.random((200, 3)) < 0.4).astype(float)
    asked = [np.clip(yes + s * rng.normal(size=yes.shape), 0.01, 0.99) for s in (0.3, 0.6)]
    for fit in (vote, stack):
        together = fit(asked, yes, "multilabel")(asked)
        assert together.shape == (200, 3) and (together >= 0).all() and (together <= 1).all()
        assert ((together >= 0.5) == yes).mean() > 0.9
    two = [np.stack([a[:, 0] * 100, a[:, 1]], 1) for a in asked]
    assert stack(two, yes[:, :2] * [100, 1], "regression")(two).shape == (200, 2)


def test_a_stack_is_taken_only_where_it_clearly_wins():
    y, shares = classifiers(60, [0.5, 0.5, 1.0])
    made, by = combine.combine(shares, y, "classification")
    assert made.method == "vote" and by["n"] == 60 and by["vote"] > 0
    values, answers = noisy(600, [0.3, 0.3, 0.4])
    made, by = combine.combine([a * 3 + 4 for a in answers], values, "regression")  # a vote cannot shift or scale
    assert made.method == "stack" and by["stack"] < by["vote"] and by["difference"] > 2 * by["error"]
    made, by = combine.combine([s[:10] for s in shares], y[:10], "classification")
    assert made.method == "vote" and by["vote"] is None  # too few to choose


def test_folds_share_out_each_class_and_losses_are_of_other_folds():
    y = np.repeat([0, 1, 2], [50, 10, 5])
    fold = folds(y, "classification", 0)
    for label in range(3):
        counts = np.bincount(fold[y == label], minlength=5)
        assert counts.max() - counts.min() <= 1
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 100)
    noise = [shares_of(rng.normal(size=(100, 2))) for _ in range(12)]
    losses = cross_validate(noise, y, "classification", 0)  # nothing to learn: a stack that saw the fold would win
    inside = np.mean((stack(noise, y, "classification")(noise) - np.eye(2)[y]) ** 2) * 2
    assert losses["stack"].mean() > inside


def test_many_examples_are_sampled_and_the_seed_decides():
    y, answers = noisy(combine.MOST + 500, [1.0, 1.5])
    first, by = combine.combine(answers, y, "regression", seed=1)
    again, _ = combine.combine(answers, y, "regression", seed=1)
    assert by["n"] == combine.MOST
    np.testing.assert_array_equal(first.weights, again.weights)


def test_the_ensemble_of_good_members_beats_each_and_says_so():
    y, shares = classifiers(1500, [1.5, 1.5, 1.5, 4.0])
    names = ("network", "random forest", "SVM", "bad")
    own = [Member(n, p[:500], p[500:]) for n, p in zip(names, shares, strict=True)]
    found, answers = ensemble(own, y[:500], y[500:], "classification")
    assert answers.shape == (1000, 3)
    assert found["scores"]["accuracy"]["value"] == np.mean(answers.argmax(1) == y[500:])
    assert found["scores"]["accuracy"]["n"] == 1000 and found["scores"]["accuracy"]["low"] is not None
    validation = {m["name"]: m["validation"] for m in found["members"]}
    assert validation["SVM"] == np.mean(shares[2][:500].argmax(1) == y[:500])
    assert found["best_member"] == max(validation, key=validation.get)
    assert found["against_best"]["result"] == "better" and found["against_network"]["value_b"] > 0.3
    assert sum(m["weight"] for m in found["members"]) == pytest.approx(1)
    assert min(found["members"], key=lambda m: m["weight"])["name"] == "bad"
    assert found["sentence"].startswith("A vote of") and "It is better than its best member" in found["sentence"]
    with pytest.raises(UsageError, match="two models or more"):
        ensemble(own[:1], y[:500], y[500:], "classification")


def test_the_test_part_decides_nothing():
    y, shares = classifiers(400, [1.0, 1.2, 2.0])
    own = [Member(str(i), p[:200], p[200:]) for i, p in enumerate(shares)]
    first, _ = ensemble(own, y[:200], y[200:], "classification")
    other, _ = ensemble(own, y[:200], np.roll(y[200:], 7), "classification")
    assert first["combination"] == other["combination"] and first["best_member"] == other["best_member"]
    assert first["scores"] != other["scores"]


def test_members_are_cut_to_the_rows_that_the_baselines_answered():
    def told(values):
        return Answers(np.arange(len(values)), Prediction(values), values, values, values)

    network = (told(np.arange(6.0)), told(np.arange(4.0)))
    rows = np.array([1, 4])
    done = BaselineResult("SVM", prediction=np.zeros(4), validation_answers=np.array([7.0, 8.0]), validation_rows=rows)
    found, kept = members({"network": network}, [done, BaselineResult("late", note="not finished")])
    assert [m.name for m in found] == ["network", "SVM"] and kept.tolist() == [1, 4]
    assert found[0].validation.tolist() == [1, 4] and found[1].validation.tolist() == [7, 8]
    alone, kept = members({"network": network}, [])
    assert len(alone) == 1 and kept.tolist() == [0, 1, 2, 3, 4, 5]


def test_baselines_keep_their_answers_to_the_validation_part():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3)).astype(np.float32)
    y = x[:, 0] * 2 + 1.0
    parts = {"train": (x[:200], y[:200]), "validation": (x[200:300], y[200:300]), "test": (x[300:], y[300:])}
    for result in run_baselines(parts, "regression", ("y",), budget_s=60):
        assert result.validation_rows.tolist() == list(range(100))
        r2 = regression_scores(y[200:300], result.validation_answers, resamples=0)["r2"].value
        assert r2 == pytest.approx(result.validation)
        np.testing.assert_array_equal(result.answers, result.prediction)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run over a small table with its ensemble, as `profundo train --ensemble --seeds 2` leaves it."""
    import pandas as pd

    folder = tmp_path_factory.mktemp("ensemble")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3))
    y = np.where(x[:, 0] + x[:, 1] ** 2 + 0.5 * rng.normal(size=300) > 1, "yes", "no")
    pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=y).to_csv(folder / "table.csv", index=False)
    wishes = {"epochs": 3, "lr": 0.01, "seeds": 2, "evaluate": "holdout", "check": False}
    return profundo.train(folder / "table.csv", "y", out=folder / "run", **wishes)


@pytest.fixture(scope="module")
def prepared(run, tmp_path_factory):
    """A copy of the run with its ensemble.json and the baselines' answers, its data, and the ensemble's answers."""
    own = Run(shutil.copytree(run.folder, tmp_path_factory.mktemp("kept") / "copy"))
    trained = open_trained(own)
    data = load(trained.plan.data.source, trained.plan.data)
    parts = {
        part: (Columns(data, part), true_values(data.schema, data.y[data.positions(part)])) for part in data.splits
    }
    results = list(run_baselines(parts, "classification", data.schema.labels, seed=trained.plan.data.seed))
    found, codes = of_run(own, trained.network, trained.task, data, results, seeds=2)
    own.write("ensemble.json", found)
    answers = answer(trained.network, trained.task, data, "test")
    predictions = {f"baseline:{b.name}": b.prediction for b in results if b.prediction is not None}
    atomic_write(own.path("answers.npz"), answers_to_npz(answers, predictions))
    own.seal()
    return own, data, codes


def test_new_rows_are_answered_as_the_test_part_was(prepared, tmp_path):
    own, data, codes = prepared
    names = [m["name"] for m in own.read("ensemble.json")["members"]]
    assert names[:2] == ["network", "seed-1"] and "random forest" in names and "dummy" not in names
    test = data.frame.loc[data.ids[data.positions("test")].numpy()]
    frame = ensemble_predict(own, test.drop(columns="y"), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").is_file()
    np.testing.assert_array_equal(frame["y"], np.array(data.schema.labels)[codes])
    assert any("fitted anew from" in note for note in frame.attrs["notes"])


def test_a_source_that_is_gone_or_changed_is_refused(run, prepared):
    own, data, _ = prepared
    source = Path(open_trained(own).plan.data.source)
    text = source.read_text()
    head, *lines = text.splitlines()
    rows = data.frame.drop(columns="y").head(3)
    try:
        source.write_text("\n".join([head, *lines[::-1]]))  # the same rows, in other parts
        with pytest.raises(DataError, match="does not answer as it did when"):
            ensemble_predict(own, rows)
        source.unlink()
        with pytest.raises(DataError, match="the network alone answers: profundo predict"):
            ensemble_predict(own, rows)
    finally:
        source.write_text(text)
    with pytest.raises(DataError, match="has no ensemble"):
        ensemble_predict(run, rows)


def test_the_report_shows_members_weights_and_scores(run, prepared):
    own, _, _ = prepared
    page = ensemble_section(read_run(own.folder))
    assert page.startswith('<section id="ensemble">') and "seed-1" in page and "random forest" in page
    assert ensemble_section(read_run(run.folder)) == ""
