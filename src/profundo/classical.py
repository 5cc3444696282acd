"""The well-known methods of scikit-learn, fitted in a process of their own. `baselines.py` starts it as a script.

Standard input: the problem and its arrays, then nothing until it closes, which ends this process at once, so that it
never outlives its parent. Standard output: one message for each method, in order. Nothing is written to disk.
"""

import json
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import IO, Any

import numpy as np

WIDE = 500  # columns from which distances and boosting see principal components
COMPONENTS = 100
EIGENFACES = 150
ONE_HOT = 50  # the most frequent labels of an embedded category that get a column; boosting tells 250 apart
CODES = 250

Arrays = dict[str, np.ndarray]
Message = tuple[dict[str, Any], Arrays]


@dataclass(frozen=True)
class Problem:
    """What is asked of every method. The last `embedded` columns of x are codes of categories.

    `rows` is how many training rows the network has: those sent may be a sample of them. `pictures` says that x is
    pixels. The last `texts` columns of x are words; then x is sparse.
    """

    task: str
    labels: int
    embedded: int
    rows: int
    threads: int
    seed: int
    pictures: bool = False
    texts: int = 0


@dataclass(frozen=True)
class Method:
    """A method: `build(problem, rows)` makes its estimator, `rows` is how many training rows it can afford."""

    name: str
    build: Callable[[Problem, int], Any]
    rows: int = 1_000_000
    compress: bool = False  # sees principal components where x is wide
    codes: bool = False  # takes categories as codes, the others take one-hot columns
    words: bool = False  # sees the words alone where x has other columns beside them
    dense: bool = False  # sees words as a few directions (latent semantic analysis)


def dummy(problem: Problem, rows: int) -> Any:
    """Always answer the most frequent label, or the mean."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    return DummyRegressor() if problem.task == "regression" else DummyClassifier(strategy="prior")


def naive_bayes(problem: Problem, rows: int) -> Any:
    """Gaussian naive Bayes; the smoothing keeps one-hot columns that never vary within a class from ruling alone."""
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB(var_smoothing=1e-3)


def linear(problem: Problem, rows: int) -> Any:
    """Logistic regression, or least squares with a small ridge so that one-hot columns may add up to one."""
    from sklearn.linear_model import LogisticRegression, Ridge

    return Ridge(alpha=0.1) if problem.task == "regression" else LogisticRegression(tol=1e-3)


def tree(problem: Problem, rows: int) -> Any:
    """One decision tree, with five examples in a leaf."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    kind = DecisionTreeRegressor if problem.task == "regression" else DecisionTreeClassifier
    return kind(min_samples_leaf=5, random_state=problem.seed)


def neighbours(problem: Problem, rows: int) -> Any:
    """The five nearest training examples."""
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    kind = KNeighborsRegressor if problem.task == "regression" else KNeighborsClassifier
    return kind(n_neighbors=min(5, rows))


def forest(problem: Problem, rows: int) -> Any:
    """A random forest of 100 trees."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    options = {"n_estimators": 100, "n_jobs": problem.threads, "random_state": problem.seed}
    if problem.task == "regression":
        return RandomForestRegressor(max_features=1 / 3, **options)
    return RandomForestClassifier(**options)


def boosting(problem: Problem, rows: int) -> Any:
    """Gradient-boosted trees; many labels need a tree each in every round, so there are fewer rounds."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    options: dict[str, Any] = {"random_state": problem.seed, "early_stopping": False}
    options["max_leaf_nodes"] = 8 if rows < 2000 else 31
    if problem.task == "regression":
        return HistGradientBoostingRegressor(max_iter=200, **options)
    rounds = 100 if problem.labels <= 2 or problem.task == "multilabel" else max(20, min(100, 400 // problem.labels))
    options["l2_regularization"] = 1.0  # without it, rare labels make the trees diverge
    return HistGradientBoostingClassifier(max_iter=rounds, learning_rate=0.1 if rounds == 100 else 0.2, **options)


def svm(problem: Problem, rows: int) -> Any:
    """A support-vector machine with the RBF kernel."""
    from sklearn.svm import SVC, SVR

    return SVR() if problem.task == "regression" else SVC(random_state=problem.seed)


def eigenfaces(problem: Problem, rows: int) -> Any:
    """Principal components of the pixels in units of their spread, and an SVM (Turk and Pentland 1991, Eigenfaces)."""
    from sklearn.decomposition import PCA
    from sklearn.pipeline import Pipeline
    from sklearn.svm import SVC

    count = min(EIGENFACES, rows)
    pca = PCA(count, whiten=True, svd_solver="randomized", random_state=problem.seed)
    return Pipeline([("pca", pca), ("svm", SVC(C=10, gamma=0.1 / count, class_weight="balanced"))])


def word_naive_bayes(problem: Problem, rows: int) -> Any:
    """Multinomial naive Bayes on weighted counts of words."""
    from sklearn.naive_bayes import MultinomialNB

    return MultinomialNB(alpha=0.1)


def word_linear(problem: Problem, rows: int) -> Any:
    """Logistic regression, or ridge regression, on words: thousands of columns need a weaker penalty than few."""
    from sklearn.linear_model import LogisticRegression, Ridge

    return Ridge(alpha=1.0, solver="lsqr") if problem.task == "regression" else LogisticRegression(C=10, tol=1e-3)


def linear_svm(problem: Problem, rows: int) -> Any:
    """A linear support-vector machine."""
    from sklearn.svm import LinearSVC, LinearSVR

    if problem.task == "regression":
        return LinearSVR(C=0.5, random_state=problem.seed)
    return LinearSVC(C=0.5, random_state=problem.seed)


def text_methods(task: str, alone: bool) -> list[Method]:
    """Return the methods for words (Joachims 1998); beside other columns also trees, which see few directions."""
    regression = task == "regression"
    found = [
        Method("dummy", dummy),
        *([] if regression else [Method("naive Bayes", word_naive_bayes, words=True)]),
        Method("linear regression" if regression else "logistic regression", word_linear),
        Method("linear SVM", linear_svm),
    ]
    trees = [Method("gradient boosting", boosting, rows=200_000, dense=True), Method("random forest", forest, 50_000)]
    return found if alone else [*found, *(replace(m, dense=True) for m in trees)]


def methods(task: str, labels: int = 2, pictures: bool = False, texts: str = "") -> list[Method]:
    """Return the methods of a task, the quickest first; boosting needs as many trees again for each label.

    `texts` is "alone" where x is words, "beside" where other columns stand before them.
    """
    if texts:
        return text_methods(task, texts == "alone")
    regression = task == "regression"
    found = [
        Method("dummy", dummy),
        *([] if regression else [Method("naive Bayes", naive_bayes)]),
        Method("linear regression" if regression else "logistic regression", linear),
        Method("decision tree", tree),
        Method("k-nearest neighbours", neighbours, rows=20_000, compress=True),
        Method("gradient boosting", boosting, rows=200_000, compress=True, codes=True),
        Method("random forest", forest, rows=50_000),
        Method("SVM", svm, rows=5_000, compress=True),
    ]
    if pictures and task == "classification":
        found.append(Method("eigenfaces + SVM", eigenfaces, rows=2_000))
    if task == "classification" and labels > 2:
        found.sort(key=lambda m: m.name == "gradient boosting")
    return found


def run(method: Method, problem: Problem, arrays: Arrays) -> tuple[Arrays, list[str]]:
    """Fit on the training part; return the answers for "validation" and "test", and what to note."""
    notes = []
    y = arrays["y train"]
    rows = np.arange(len(y))
    if len(rows) > method.rows:
        rows = np.sort(np.random.default_rng(problem.seed).permutation(len(rows))[: method.rows])
    if len(rows) < problem.rows:
        notes.append(f"fitted on {len(rows):,} of {problem.rows:,} rows")
    x = {part: matrix(arrays, part) for part in ("train", "validation", "test")}
    if problem.texts and (method.words or method.dense):
        x = {part: v[:, -problem.texts :] for part, v in x.items()} if method.words else few(x, problem)
        notes += [f"words as {COMPONENTS} directions"] if method.dense else []
    x, categories = (ranked if method.codes else one_hot)(x, problem.embedded)
    x["train"] = x["train"][rows]
    if method.compress and x["train"].shape[1] - len(categories) > WIDE and len(rows) > COMPONENTS:
        x, categories = compressed(x, problem.seed), []
        notes.append(f"on {COMPONENTS} principal components")
    estimator = method.build(problem, len(rows))
    if method.build is eigenfaces:
        estimator.set_params(pca__n_components=min(EIGENFACES, *x["train"].shape))
    if categories:
        estimator.set_params(categorical_features=categories)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answers = answer(estimator, problem, x, y[rows], arrays["y validation"])
    if any(w.category.__name__ == "ConvergenceWarning" for w in caught):
        notes.append("stopped before it had converged")
    return answers, notes


def matrix(arrays: Arrays, part: str) -> Any:
    """Return the x of a part: an array, or a sparse matrix where it was sent as one."""
    if f"x {part} places" not in arrays:
        return arrays[f"x {part}"]
    from scipy.sparse import csr_matrix

    names = (f"x {part}", f"x {part} places", f"x {part} rows")
    return csr_matrix(tuple(arrays[name] for name in names), shape=tuple(arrays[f"x {part} shape"]))


def few(x: dict[str, Any], problem: Problem) -> Arrays:
    """Return dense rows: the other columns, and the first directions of the words (Deerwester et al. 1990)."""
    from sklearn.decomposition import TruncatedSVD

    count = min(COMPONENTS, problem.texts - 1, x["train"].shape[0] // 4)
    model = TruncatedSVD(max(1, count), random_state=problem.seed).fit(x["train"][:, -problem.texts :])
    beside = {part: v[:, : -problem.texts].toarray() for part, v in x.items()}
    return {
        part: np.hstack([beside[part], model.transform(v[:, -problem.texts :])]) if v.shape[0] else beside[part]
        for part, v in x.items()
    }


def answer(estimator: Any, problem: Problem, x: Arrays, y: np.ndarray, y_validation: np.ndarray) -> Arrays:
    """Fit one estimator, or one for each column of y, and answer for "validation" and "test"."""
    if problem.task == "classification":
        return probabilities(estimator, x, y, y_validation, problem.labels)
    columns = y.reshape(len(y), -1).T
    if problem.task == "regression":
        fitted = [numbers(estimator, x, column) for column in columns]
    else:
        pairs = zip(columns.astype(int), y_validation.reshape(len(y_validation), -1).T.astype(int), strict=True)
        both = [probabilities(estimator, x, column, validation, 2) for column, validation in pairs]
        fitted = [{part: p[:, 1] for part, p in found.items()} for found in both]
    stacked = {part: np.stack([f[part] for f in fitted], 1) for part in ("validation", "test")}
    return {part: v[:, 0] if y.ndim == 1 else v for part, v in stacked.items()}


def numbers(estimator: Any, x: Arrays, y: np.ndarray) -> Arrays:
    """Fit y in standard units and predict in its own."""
    from sklearn.base import clone

    y = y.astype(np.float64)
    centre, scale = y.mean(), y.std() or 1.0
    model = clone(estimator).fit(x["train"], (y - centre) / scale)
    return {p: (model.predict(x[p]) * scale + centre) if x[p].shape[0] else np.empty(0) for p in ("validation", "test")}


def probabilities(estimator: Any, x: Arrays, y: np.ndarray, y_validation: np.ndarray, labels: int) -> Arrays:
    """Fit codes and answer probabilities (n, labels); labels that the training part lacks have probability 0."""
    from sklearn.base import clone

    found = {part: np.zeros((x[part].shape[0], labels)) for part in ("validation", "test")}
    if labels == 2 and len(np.unique(y)) == 1:  # a target that is always the same needs no estimator
        for answers in found.values():
            answers[:, y[0]] = 1
        return found
    model = clone(estimator).fit(x["train"], y)
    scores = {part: scored(model, x[part]) for part in found if x[part].shape[0]}
    if not hasattr(model, "predict_proba"):
        heat = temperature(scores.get("validation"), model.classes_, y_validation)
        scores = {part: softmax(s * heat) for part, s in scores.items()}
    for part, values in scores.items():
        found[part][:, model.classes_] = values
    return found


def scored(model: Any, x: np.ndarray) -> np.ndarray:
    """Return the model's probabilities (n, classes), or its decision values where it has none."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(x)
    decision = model.decision_function(x)
    return np.stack([-decision / 2, decision / 2], 1) if decision.ndim == 1 else decision


def temperature(decision: np.ndarray | None, classes: np.ndarray, y: np.ndarray) -> float:
    """Choose the factor on decision values that gives the best log-loss on the validation part (Guo et al. 2017).

    It turns them into probabilities and never changes the answer.
    """
    known = np.isin(y, classes)
    if decision is None or not known.any():
        return 1.0
    rows, columns = np.flatnonzero(known), np.searchsorted(classes, y[known])
    factors = np.geomspace(0.1, 100, 61)
    losses = [-np.log(softmax(decision[rows] * f)[np.arange(len(rows)), columns] + 1e-12).mean() for f in factors]
    return float(factors[int(np.argmin(losses))])


def softmax(values: np.ndarray) -> np.ndarray:
    """Return exp(values), each row divided by its sum."""
    powers = np.exp(values - values.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def one_hot(x: Arrays, embedded: int) -> tuple[Arrays, list[int]]:
    """Give each of the 50 most frequent codes of a category a column of its own."""
    if not embedded:
        return dict(x), []
    ranks, _ = ranked(x, embedded)
    first = x["train"].shape[1] - embedded
    widths = [min(ONE_HOT, int(ranks["train"][:, first + e].max()) + 1) for e in range(embedded)]
    columns = {p: [(v[:, [first + e]] == np.arange(w)) for e, w in enumerate(widths)] for p, v in ranks.items()}
    return {p: np.hstack([v[:, :first], *columns[p]]).astype(np.float32) for p, v in ranks.items()}, []


def ranked(x: Arrays, embedded: int) -> tuple[Arrays, list[int]]:
    """Replace each code by how frequent it is in the training part: 0 for the most frequent, at most 250."""
    width = x["train"].shape[1]
    found = {part: v.copy() for part, v in x.items()} if embedded else dict(x)
    for column in range(width - embedded, width):
        codes, counts = np.unique(x["train"][:, column], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        rank = np.empty(len(codes))
        rank[order] = np.minimum(np.arange(len(codes)), CODES)
        for part, values in found.items():
            place = np.minimum(np.searchsorted(codes, x[part][:, column]), len(codes) - 1)
            values[:, column] = np.where(codes[place] == x[part][:, column], rank[place], CODES)
    return found, list(range(width - embedded, width))


def compressed(x: Arrays, seed: int) -> Arrays:
    """Project on the first 100 principal components of the training part."""
    from sklearn.decomposition import PCA

    model = PCA(COMPONENTS, svd_solver="randomized", random_state=seed).fit(x["train"][:10_000])
    return {part: model.transform(v) if len(v) else v[:, :COMPONENTS] for part, v in x.items()}


def send(stream: IO[bytes], head: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write a message: one line of JSON, then the numbers of each array."""
    ready = {name: np.ascontiguousarray(a) for name, a in arrays.items()}
    shapes = [[name, a.dtype.str, a.shape] for name, a in ready.items()]
    stream.write(json.dumps({"head": head, "arrays": shapes}).encode() + b"\n")
    for a in ready.values():
        stream.write(a.reshape(-1).view(np.uint8).data)
    stream.flush()


def receive(stream: IO[bytes]) -> Message | None:
    """Read a message, or None where the stream ends before its end."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    message = json.loads(line)
    arrays = {}
    for name, kind, shape in message["arrays"]:
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        raw = stream.read(size)
        if len(raw) < size:
            return None
        arrays[name] = np.frombuffer(bytearray(raw), kind).reshape(shape)
    return message["head"], arrays


def texts_of(problem: Problem, arrays: Arrays) -> str:
    """Say whether x is words "alone", or words "beside" other columns, or neither ("")."""
    if not problem.texts:
        return ""
    return "alone" if int(arrays["x train shape"][1]) == problem.texts else "beside"


def end_with(stream: IO[bytes]) -> None:
    """End this process when the stream closes."""
    stream.read(1)
    os._exit(1)


def main() -> None:
    """Answer the problem on standard input, one message for each method."""
    message = receive(sys.stdin.buffer)
    if message is None:
        return
    threading.Thread(target=end_with, args=(sys.stdin.buffer,), daemon=True).start()
    problem, arrays = Problem(**message[0]), message[1]
    known = methods(problem.task, problem.labels, problem.pictures, texts_of(problem, arrays))
    for method in known:
        method.build(problem, 1)  # imports scikit-learn, so that no method's seconds hold it
    for method in known:
        begin = time.perf_counter()
        try:
            answers, notes = run(method, problem, arrays)
            if not all(np.isfinite(a).all() for a in answers.values()):
                raise ValueError("its answers are not finite numbers")
            head = {"name": method.name, "note": "; ".join(notes), "failed": False}
        except Exception as error:  # one method's failure is a line in the table, never the end of the others
            answers, reason = {}, str(error).strip().split("\n")[0]
            head = {
                "name": method.name,
                "note": f"could not be fitted: {reason or type(error).__name__}",
                "failed": True,
            }
        send(sys.stdout.buffer, head | {"seconds": time.perf_counter() - begin}, answers)
    sys.stdout.flush()
    os._exit(0)  # without waiting for the thread that watches standard input


if __name__ == "__main__":
    main()
