"""Networks that tell classes apart, as scikit-learn has classifiers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from ..errors import UsageError, unknown
from ..schema import Category, Kind
from .estimator import NetworkEstimator
from .parameters import documented
from .rows import InvalidData, Rows


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """A neural network that tells classes apart, or answers several yes-or-no questions (y of 0 and 1, (n, labels)).

    `classes_` (classes,) are the classes found in y.

    Parameters
    ----------
    class_weight : dict or "balanced", default=None
        How much the rows of each class count; "balanced" makes all classes count the same.
    """

    class_weight: Mapping[Any, float] | str | None = None

    _quantity: ClassVar[bool] = False

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Learn one epoch of further rows. The first call names all `classes`; its rows set the columns' statistics.

        The optimiser starts afresh with each call, so larger pieces teach better than smaller ones.
        """
        if self.class_weight == "balanced":
            raise UsageError("class_weight='balanced' needs all rows at once. Use fit, or give the weights as a dict.")
        return self._more(X, y, sample_weight, () if classes is None else classes)

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each row (n,), or 0 and 1 for each label (n, labels)."""
        shares = self.predict_proba(X)
        return (shares > 0.5).astype(int) if self.task_name_ == "multilabel" else self.classes_[shares.argmax(1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class (n, classes), in the order of `classes_`, or of each label (n, labels).

        With the losses hinge and perceptron these are an order, and not calibrated.
        """
        shares = self._answer(X).probabilities
        assert shares is not None  # both tasks have them
        return shares

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of `predict_proba`."""
        return np.log(self.predict_proba(X))

    def _fit_target(self, y: np.ndarray, classes: Any = None) -> str:
        check_classification_targets(y)
        if type_of_target(y) == "multiclass-multioutput":
            raise InvalidData("y has several columns that are not all 0 and 1. Fit a classifier for each column.")
        if y.ndim == 2:
            self.classes_ = np.arange(y.shape[1])
            return "multilabel"
        if classes is not None and not len(classes):
            raise InvalidData(
                "the first partial_fit needs all the classes: partial_fit(X, y, classes=np.unique(all_y))."
            )
        self.classes_ = unique_labels(y if classes is None else classes)
        if len(self.classes_) < 2:
            raise InvalidData(f"y holds one class only ({self.classes_[0]!r}); two are needed.")
        return "classification"

    def _target_kinds(self, y: np.ndarray, weights: np.ndarray | None) -> dict[str, Kind]:
        if self.task_name_ == "multilabel":
            return {f"y{i}": Category(("0", "1")) for i in self.classes_}
        return {"y": Category(tuple(map(str, self.classes_)))}

    def _encode_target(self, y: np.ndarray) -> np.ndarray:
        if self.task_name_ == "multilabel":
            if y.shape[1:] != self.classes_.shape:
                raise InvalidData(f"y has the shape {y.shape}, and {len(self.classes_)} labels were learnt before.")
            return y.astype(self.dtype_)
        new = np.setdiff1d(unique_labels(self.classes_, y), self.classes_)
        if len(new):
            raise InvalidData(f"y holds classes that are not among classes_: {new[:5].tolist()}.")
        return np.searchsorted(self.classes_, y)

    def _weights(self, rows: Rows) -> np.ndarray | None:
        if self.class_weight is None:
            return rows.weights
        if self.task_name_ == "multilabel":
            raise UsageError("class_weight goes with one label for each row, not with several. Leave it out.")
        own = np.ones(len(rows.y)) if rows.weights is None else rows.weights
        codes = self._encode_target(rows.y)
        if isinstance(self.class_weight, str):
            if self.class_weight != "balanced":
                raise UsageError(unknown("class_weight", self.class_weight, ["balanced"]))
            totals = np.bincount(codes[rows.train], own[rows.train], len(self.classes_))
            return own / np.where(totals, totals, 1)[codes]
        return own * self._class_weights(self.class_weight)[codes]

    def _class_weights(self, asked: Mapping[Any, float]) -> np.ndarray:
        """Return the weight of each class (classes,), 1 where none is given."""
        classes = self.classes_.tolist()
        for label in asked:
            if label not in classes:
                raise UsageError(unknown("class in class_weight", str(label), map(str, classes)))
        found = np.array([asked.get(label, 1.0) for label in classes], float)
        if not np.isfinite(found).all() or (found < 0).any() or not found.any():
            raise UsageError(f"class_weight must be numbers of at least 0, not all 0; it is {dict(asked)}.")
        return found
