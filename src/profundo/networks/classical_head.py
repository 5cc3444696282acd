"""Any classifier or regressor of scikit-learn in the place of a network's last layer, without pickle.

The head keeps the training features and answers as buffers, so they are in the weights' file, and fits the method anew
when it is first asked: the same features, answers and seed give the same fitted method.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import UsageError, unknown
from .levels import Head

LEAST = 1e-6  # of a probability
SHORT = {
    "classification": {
        "svm": "SVC",
        "logistic": "LogisticRegression",
        "knn": "KNeighborsClassifier",
        "forest": "RandomForestClassifier",
        "boosting": "HistGradientBoostingClassifier",
        "bayes": "GaussianNB",
        "lda": "LinearDiscriminantAnalysis",
        "tree": "DecisionTreeClassifier",
        "ridge": "RidgeClassifier",
    },
    "regression": {
        "svm": "SVR",
        "svr": "SVR",
        "ridge": "Ridge",
        "knn": "KNeighborsRegressor",
        "forest": "RandomForestRegressor",
        "boosting": "HistGradientBoostingRegressor",
        "tree": "DecisionTreeRegressor",
    },
}
OPTIONS: dict[str, dict[str, Any]] = {  # other than scikit-learn's own, for features in standard units
    "SVC": {"C": 10.0},
    "SVR": {"C": 10.0},
    "LogisticRegression": {"max_iter": 1000},
    "LinearDiscriminantAnalysis": {"solver": "lsqr", "shrinkage": "auto"},
    "Ridge": {"alpha": 100.0},
    "RidgeClassifier": {"alpha": 100.0},
}
FEW = 5  # features from which a logistic regression is held back, in proportion to their number
Make = Callable[[], Any]


def method(name: str, task: str) -> str:
    """Return the class of scikit-learn that a head's name means. Raises UsageError with the nearest names."""
    kind = "regression" if task == "regression" else "classification"
    known = SHORT[kind]
    if name in known:
        return known[name]
    classes = every(kind)
    if name not in classes:
        other = "classification" if kind == "regression" else "regression"
        if name in SHORT[other] or name in every(other):
            raise UsageError(f"--head {name} is for {other}, and the task is {task}. Choose from: {', '.join(known)}")
        raise UsageError(f"for --head, {unknown('method', name, ['linear', *known, *classes])}")
    return name


def every(kind: str) -> dict[str, Make]:
    """Return the classes of scikit-learn for "classification" or "regression" that need no other to be made."""
    from sklearn.utils import all_estimators

    return {
        name: make
        for name, make in all_estimators(type_filter="regressor" if kind == "regression" else "classifier")
        if not getattr(make, "_required_parameters", None) and not hasattr(make, "base_estimator")
    }


class ClassicalHead(Head):
    """A method of scikit-learn on features (B, inputs), or on the means of maps (B, inputs, H, W).

    For classification it gives (B, labels) log-probabilities, or decision values where the method has no probabilities;
    for multilabel (B, targets) log-odds; for regression (B,) or (B, targets) numbers in standard units.
    """

    def __init__(self, name: str, task: str, inputs: int, outputs: int) -> None:
        super().__init__()
        self.method, self.task, self.outputs = method(name, task), task, outputs
        self.examples: Tensor
        self.answers: Tensor
        self.register_buffer("examples", torch.zeros(0, inputs))
        self.register_buffer("answers", torch.zeros(0))
        self.fitted: list[Any] = []

    def take(self, examples: Tensor, answers: Tensor) -> None:
        """Keep what to learn from: features (n, inputs), and y as the data have it."""
        self.examples, self.answers, self.fitted = examples, answers, []

    def _load_from_state_dict(self, state_dict: Mapping[str, Tensor], prefix: str, *rest: Any) -> None:
        for name in ("examples", "answers"):
            if (stored := state_dict.get(prefix + name)) is not None:
                setattr(self, name, torch.empty_like(stored))
        self.fitted = []
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def forward(self, x: Tensor) -> Tensor:
        """Answer for features or maps; zeros where there is nothing yet to learn from."""
        x = self.features(x)
        if not len(self.examples):
            return x.new_zeros(len(x), self.outputs)
        if not self.fitted:
            self.fitted = self.fit()
        values = self.answer(x.detach().float().cpu().numpy())
        return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(x.device)

    def fit(self) -> list[Any]:
        """Fit the method to each column of the answers."""
        x, y = self.examples.cpu().numpy(), self.answers.cpu().numpy()
        columns = [y] if self.task == "classification" or y.ndim == 1 else list(y.T)
        try:
            return [made(self.method, self.task, x.shape[1]).fit(x, column) for column in columns]
        except (ValueError, TypeError, AttributeError) as error:
            reason = str(error).splitlines()[0]
            raise UsageError(f"--head {self.method} cannot learn from these features: {reason}") from error

    def answer(self, x: np.ndarray) -> np.ndarray:
        """Return what the fitted methods say of features (n, inputs)."""
        if self.task == "regression":
            values = np.stack([model.predict(x).reshape(len(x)) for model in self.fitted], 1)
            return values[:, 0] if self.answers.dim() == 1 else values
        if self.task == "multilabel":
            return np.stack([log_odds(scores(model, x, 2)) for model in self.fitted], 1)
        return scores(self.fitted[0], x, self.outputs)


def made(name: str, task: str, inputs: int) -> Any:
    """Make a method on so many features in standard units, with a seed where it draws."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    make: Any = every("regression" if task == "regression" else "classification")[name]
    model = make(**OPTIONS.get(name, {}))
    if name == "LogisticRegression":
        model.set_params(C=min(1.0, FEW / inputs))
    if "random_state" in model.get_params():
        model.set_params(random_state=0)
    return make_pipeline(StandardScaler(), model)


def scores(model: Any, x: np.ndarray, labels: int) -> np.ndarray:
    """Return (n, labels) log-probabilities or decision values; a label that was never seen has the least of all."""
    if hasattr(model, "predict_proba"):
        known = np.log(np.maximum(model.predict_proba(x), LEAST))
    elif hasattr(model, "decision_function"):
        decision = model.decision_function(x)
        known = np.stack([-decision / 2, decision / 2], 1) if decision.ndim == 1 else decision
    else:
        known = np.log(np.maximum(model.predict(x)[:, None] == model.classes_, LEAST))
    found = np.full((len(x), labels), min(known.min(initial=0.0), np.log(LEAST)))
    found[:, model.classes_.astype(int)] = known
    return found


def log_odds(found: np.ndarray) -> np.ndarray:
    """Return the log-odds of the second of two labels (n,)."""
    return found[:, 1] - found[:, 0]
