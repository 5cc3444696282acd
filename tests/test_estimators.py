import pickle
import runpy
import time
from collections import Counter
from pathlib import Path
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, make_multilabel_classification
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator
from torch import nn

from profundo.errors import CheckFailed, ResourceError, UsageError
from profundo.estimators import NetworkClassifier, NetworkRegressor, estimator
from profundo.loop import training

QUICK = {"hidden": (16,), "lr": 0.01, "epochs": 10, "random_state": 0}


@pytest.fixture(scope="module")
def digits():
    return train_test_split(*load_digits(return_X_y=True), test_size=0.3, random_state=0)


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


# scikit-learn's own checks ---------------------------------------------------------------------------------------


def names_of(checks):
    """Return how often each check occurs."""
    return Counter(getattr(check, "func", check).__name__ for check in checks)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # theirs
@pytest.mark.parametrize(
    ("ours", "theirs"), [(NetworkClassifier(), MLPClassifier()), (NetworkRegressor(), MLPRegressor())]
)
def test_every_check_that_an_mlp_passes_is_passed(ours, theirs):
    results = check_estimator(ours, on_fail=None, on_skip=None)
    assert [r["check_name"] for r in results if r["status"] not in ("passed", "skipped")] == []
    checks = [check for _, check in estimator_checks_generator(theirs)]
    missed = names_of(checks) - Counter(r["check_name"] for r in results if r["status"] == "passed")
    assert len(checks) > 55
    for check in checks:  # what is skipped for ours is skipped for theirs too
        if names_of([check]) <= missed:
            with pytest.raises(SkipTest):
                check(theirs)


# learning --------------------------------------------------------------------------------------------------------


def test_digits_are_learnt_as_they_come(digits):
    x_train, x_test, y_train, y_test = digits
    model = NetworkClassifier(random_state=0).fit(x_train, y_train)
    assert model.score(x_test, y_test) >= 0.97
    assert model.n_iter_ == len(model.loss_curve_) > 0
    assert model.loss_curve_[-1] < 0.1 * model.loss_curve_[0]
    assert model.stopped_ == "number of iterations"
    np.testing.assert_allclose(model.predict_proba(x_test).sum(1), 1)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(x_test)), model.predict_proba(x_test))


def test_a_number_is_learnt_in_its_own_units():
    x, y = load_diabetes(return_X_y=True)
    scores = cross_val_score(NetworkRegressor(hidden=(16,), l2=0.01, epochs=20, random_state=0), x, 1e6 * y + 1e8, cv=3)
    assert scores.mean() > 0.4


def test_several_numbers_and_several_labels_are_learnt(iris):
    x, _ = iris
    numbers = NetworkRegressor(**QUICK | {"epochs": 60}).fit(x[:, :2], x[:, 2:])
    assert numbers.predict(x[:, :2]).shape == (150, 2)
    assert numbers.score(x[:, :2], x[:, 2:]) > 0.7
    x, y = make_multilabel_classification(n_samples=300, n_features=10, n_classes=4, random_state=0)
    labels = NetworkClassifier(**QUICK | {"epochs": 40}).fit(x, y)
    assert (labels.predict(x) == y).mean() > 0.8 > np.maximum(y.mean(0), 1 - y.mean(0)).mean()
    assert labels.predict_proba(x).shape == (300, 4)
    np.testing.assert_array_equal(labels.classes_, [0, 1, 2, 3])


def test_partial_fit_learns_piece_by_piece(digits):
    x_train, x_test, y_train, y_test = digits
    model = NetworkClassifier(random_state=0)
    for _ in range(5):
        for begin in range(0, len(x_train), 400):
            piece = slice(begin, begin + 400)
            model.partial_fit(x_train[piece], y_train[piece], classes=np.arange(10))
    assert model.score(x_test, y_test) > 0.93
    assert model.n_iter_ == len(model.loss_curve_) == 20
    with pytest.raises(ValueError, match=r"not among classes_: \[11\]"):
        model.partial_fit(x_train[:2], np.array([0, 11]))
    with pytest.raises(ValueError, match="needs all the classes"):
        NetworkClassifier().partial_fit(x_train, y_train)
    with pytest.raises(UsageError, match="needs all rows at once"):
        NetworkClassifier(class_weight="balanced").partial_fit(x_train, y_train, classes=np.arange(10))


def test_partial_fit_learns_numbers():
    x = np.random.default_rng(0).normal(size=(600, 3))
    y = x @ [3.0, -2.0, 1.0] + 50
    model = NetworkRegressor(hidden=(32,), lr=0.01, random_state=0)
    for begin in range(0, 600, 100):
        for _ in range(5):
            model.partial_fit(x[begin : begin + 100], y[begin : begin + 100])
    assert model.score(x, y) > 0.9
    with pytest.raises(ValueError, match="1 targets were learnt before"):
        model.partial_fit(x, np.stack([y, y], 1))


def test_a_network_of_ones_own_is_trained_and_the_one_given_is_left_alone(iris):
    x, y = iris
    own = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    before = [p.detach().clone() for p in own.parameters()]
    model = NetworkClassifier(network=own, lr=0.02, random_state=0).fit(x, y)
    assert model.score(x, y) > 0.95
    assert all(torch.equal(p, q) for p, q in zip(own.parameters(), before, strict=True))
    with pytest.raises(UsageError, match=r"wants \(batch, 3\)"):
        NetworkClassifier(network=nn.Linear(4, 2)).fit(x, y)


def test_other_networks_losses_and_starts(iris):
    x, y = iris
    for options in (
        {"network": "linear", "lr": 0.05},
        {"loss": "focal"},
        {"initialisation": "lsuv"},
        {"normalisation": "batch"},
    ):
        assert NetworkClassifier(**QUICK | {"epochs": 60} | options).fit(x, y).score(x, y) > 0.9, options
    waves = NetworkClassifier(network_options={"numbers": "periodic"}, **QUICK).fit(x, y)
    assert any("frequency" in name for name, _ in waves.network_.named_parameters())


def test_classes_can_be_made_to_count_the_same():
    generator = np.random.default_rng(0)
    x = np.concatenate([generator.normal(0, 1, (400, 2)), generator.normal(1.2, 1, (20, 2))])
    y = np.array(["common"] * 400 + ["rare"] * 20)
    found = {}
    for weight in (None, "balanced", {"rare": 20.0}):
        model = NetworkClassifier(class_weight=weight, **QUICK).fit(x, y)
        found[str(weight)] = (model.predict(x[400:]) == "rare").mean()
    assert found["None"] < 0.5 < 0.7 < found["balanced"]
    assert found["balanced"] == pytest.approx(found["{'rare': 20.0}"], abs=0.1)  # 400 / 20


# scikit-learn's machinery ----------------------------------------------------------------------------------------


def test_a_search_over_a_pipeline(iris):
    x, y = iris
    pipeline = make_pipeline(StandardScaler(), NetworkClassifier(**QUICK))
    grid = {
        "networkclassifier__hidden": [(8,), np.array([16, 8])],
        "networkclassifier__lr": np.array([1e-5, 1e-2]),
        "networkclassifier__epochs": np.array([40]),
    }
    search = GridSearchCV(pipeline, grid, cv=3, error_score="raise").fit(x, y)
    assert search.best_score_ > 0.9
    assert search.best_params_["networkclassifier__lr"] == 1e-2
    assert search.best_estimator_[-1].lr_ == 1e-2


def test_frames_and_labels_of_text(iris):
    x, y = iris
    frame = pd.DataFrame(x, columns=["sepal length", "sepal width", "petal length", "petal width"])
    names = pd.Series(np.array(["setosa", "versicolor", "virginica"], dtype=object)[y])
    model = NetworkClassifier(**QUICK | {"epochs": 40}).fit(frame, names)
    assert model.score(frame, names) > 0.95
    assert list(model.classes_) == ["setosa", "versicolor", "virginica"]
    assert list(model.schema_.inputs) == list(model.feature_names_in_) == list(frame.columns)
    assert model.schema_.labels == ("setosa", "versicolor", "virginica")
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.rename(columns={"sepal width": "width"}))


def test_a_sparse_matrix_gives_what_a_dense_one_gives(digits):
    x_train, x_test, y_train, _ = digits
    dense, sparse = (clone(NetworkClassifier(**QUICK)) for _ in range(2))
    dense.fit(x_train, y_train)
    sparse.fit(csr_array(x_train), y_train)
    np.testing.assert_array_equal(dense.predict_proba(x_test), sparse.predict_proba(csr_array(x_test)))


def test_a_sparse_matrix_that_would_not_fit_is_refused(iris, monkeypatch):
    monkeypatch.setenv("PROFUNDO_MEMORY_GB", "0.001")
    with pytest.raises(ResourceError, match="written out in full needs"):
        NetworkClassifier().fit(csr_array((150, 100_000)), iris[1])


def test_a_seed_repeats_a_fit_and_another_does_not(iris):
    x, y = iris
    options = {"dropout": 0.2, "validation_fraction": 0.2, "epochs": 5, "hidden": (16,)}
    first, again, other = (NetworkClassifier(random_state=s, **options).fit(x, y) for s in (3, 3, 4))
    assert first.lr_ == again.lr_
    np.testing.assert_array_equal(first.predict_proba(x), again.predict_proba(x))
    assert not np.array_equal(first.predict_proba(x), other.predict_proba(x))


def test_a_pickle_answers_alike_and_holds_each_weight_once(digits):
    x_train, x_test, y_train, _ = digits
    model = NetworkClassifier(**QUICK | {"hidden": (256, 64), "epochs": 1}).fit(x_train, y_train)
    stored = pickle.dumps(model)
    np.testing.assert_array_equal(pickle.loads(stored).predict_proba(x_test), model.predict_proba(x_test))
    weights = sum(p.numel() * p.element_size() for p in model.network_.parameters())
    assert weights < len(stored) < 1.2 * weights


# early stopping and the held-out rows ----------------------------------------------------------------------------


def test_overfitting_stops_the_fit():
    x, y = load_breast_cancer(return_X_y=True)
    model = NetworkClassifier(validation_fraction=0.2, overfit=3, epochs=200, lr=0.01, random_state=0).fit(x, y)
    assert model.stopped_ == "overfitting"
    assert model.n_iter_ == len(model.validation_loss_curve_) < 200
    assert np.argmin(model.validation_loss_curve_) == model.n_iter_ - 4


def test_statistics_come_from_the_rows_to_learn_from(iris, monkeypatch):
    x, y = iris
    seen = []

    def watched(network, data, task, recipe):
        seen.append(data)
        return training(network, data, task, recipe)

    monkeypatch.setattr(estimator, "training", watched)  # the one loop, and no other
    model = NetworkClassifier(validation_fraction=0.2, **QUICK).fit(x, y)
    held_out = seen[0].splits["validation"].numpy()
    assert len(held_out) == 30
    assert np.bincount(y[held_out]).tolist() == [10, 10, 10]
    x = x.copy()
    x[held_out] = 1e6
    assert clone(model).fit(x, y).schema_ == model.schema_


# manners ---------------------------------------------------------------------------------------------------------


def test_pytorch_is_left_as_it_was(iris):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    state = torch.random.get_rng_state()
    try:
        NetworkClassifier(threads=1, **QUICK).fit(*iris)
        assert torch.get_num_threads() == 2
        with pytest.raises(CheckFailed):
            NetworkRegressor(threads=1, optimizer="sgd", lr=1e12, schedule="constant").fit(*iris)
        assert torch.get_num_threads() == 2
        assert torch.equal(state, torch.random.get_rng_state())
    finally:
        torch.set_num_threads(before)


def test_precision_follows_the_size_and_can_be_chosen(iris, monkeypatch):
    x, y = iris
    assert next(NetworkClassifier(**QUICK).fit(x, y).network_.parameters()).dtype == torch.float64
    assert NetworkClassifier(precision="float32", **QUICK).fit(x, y).dtype_ == "float32"
    monkeypatch.setattr(estimator, "SMALL", 100)
    model = NetworkClassifier(**QUICK | {"epochs": 40}).fit(x, y)
    assert model.dtype_ == "float32"
    assert model.score(x, y) > 0.95


def test_a_line_an_epoch_when_asked(iris, capsys):
    NetworkClassifier(**QUICK).fit(*iris)
    assert capsys.readouterr().out == ""
    NetworkClassifier(verbose=True, validation_fraction=0.1, **QUICK).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("epoch 1 of 10: loss ")
    assert "held-out loss" in lines[0]


def test_a_small_fit_is_quick(iris):
    x, y = iris
    NetworkClassifier(lr=0.01, random_state=0).fit(x[:100], y[:100])
    began = time.process_time()
    NetworkClassifier(lr=0.01, random_state=0).fit(x[:100], y[:100])
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"network": "mpl"}, "Did you mean 'mlp'"),
        ({"activation": "rely"}, "Did you mean 'relu'"),
        ({"optimizer": "adm"}, "Did you mean 'adam'"),
        ({"loss": "mse"}, "no loss for labels 'mse'"),
        ({"lr": -1.0}, r"lr = -1\.0"),
        ({"epochs": 0}, "epochs = 0"),
        ({"precision": "half"}, "no precision 'half'"),
        ({"overfit": 3}, "validation_fraction=0.1"),
        ({"validation_fraction": 1.5}, "below 1"),
        ({"class_weight": "balance"}, "Did you mean 'balanced'"),
        ({"class_weight": {7: 1.0}}, "no class in class_weight '7'"),
        ({"class_weight": {0: -1.0}}, "at least 0"),
        ({"network_options": {"hiden": 3}}, "Did you mean 'hidden'"),
    ],
)
def test_a_wrong_setting_is_said_when_fitting(iris, options, words):
    with pytest.raises(UsageError, match=words):
        NetworkClassifier(**options).fit(*iris)


@pytest.mark.parametrize(
    ("weights", "words"),
    [(np.zeros(150), "zero"), (-np.ones(150), "negative in row 0"), (np.ones(3), "X has 150 rows")],
)
def test_wrong_weights_are_refused(iris, weights, words):
    with pytest.raises(ValueError, match=words):
        NetworkClassifier().fit(*iris, sample_weight=weights)


def test_a_target_that_cannot_be_learnt(iris):
    x, y = iris
    with pytest.raises(ValueError, match="one class only"):
        NetworkClassifier().fit(x, np.zeros(150, int))
    with pytest.raises(ValueError, match="a classifier for each column"):
        NetworkClassifier().fit(x, np.stack([y, y], 1))
    indicator = np.eye(3, dtype=int)[y]
    with pytest.raises(UsageError, match="class_weight goes with one label"):
        NetworkClassifier(class_weight={0: 2.0}).fit(x, indicator)


def test_the_help_of_each_names_every_parameter():
    for kind in (NetworkClassifier, NetworkRegressor):
        for name in kind().get_params():
            assert f"{name} : " in kind.__doc__ or f"{name}, " in kind.__doc__ or f", {name} : " in kind.__doc__, name


def test_the_example_learns(capsys):
    runpy.run_path(str(Path(__file__).parents[1] / "examples" / "scikit_learn.py"), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    for line, least in ((lines[0], 0.96), (lines[-2], 0.9), (lines[-1], 0.9)):
        assert float(line.split("accuracy " if "accuracy" in line else "R2 ")[1].split()[0]) > least, line
