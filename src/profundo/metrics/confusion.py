"""Measures that follow from a confusion matrix, for many matrices at once.

A table is (resamples, labels, labels): a row for each true label, a column for each answer; entries count examples.
"""

import numpy as np


def ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Divide, with 0 for 0 / 0."""
    return np.divide(top, bottom, out=np.zeros(np.broadcast(top, bottom).shape), where=bottom != 0)


def by_class(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (right answers, true examples, answers given) for each class, (resamples, labels) each."""
    return np.diagonal(table, axis1=1, axis2=2), table.sum(2), table.sum(1)


def average(values: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Return the positive class's value with two labels, the mean over the classes that occur with more."""
    if values.shape[1] == 2:
        return values[:, 1]
    _, true, given = by_class(table)
    present = true + given > 0
    return np.where(present, values, 0.0).sum(1) / present.sum(1)


def accuracy(table: np.ndarray) -> np.ndarray:
    """Return the share of right answers."""
    right, true, _ = by_class(table)
    return right.sum(1) / true.sum(1)


def balanced_accuracy(table: np.ndarray) -> np.ndarray:
    """Return the mean recall over the classes in y."""
    right, true, _ = by_class(table)
    return ratio(right, true).sum(1) / (true > 0).sum(1)


def precision(table: np.ndarray) -> np.ndarray:
    """Return right answers / answers given."""
    right, _, given = by_class(table)
    return average(ratio(right, given), table)


def recall(table: np.ndarray) -> np.ndarray:
    """Return right answers / true examples."""
    right, true, _ = by_class(table)
    return average(ratio(right, true), table)


def specificity(table: np.ndarray) -> np.ndarray:
    """Return the recall of "not this class"."""
    right, true, given = by_class(table)
    others = true.sum(1, keepdims=True) - true
    return average(ratio(others - given + right, others), table)


def f1(table: np.ndarray) -> np.ndarray:
    """Return the harmonic mean of precision and recall."""
    right, true, given = by_class(table)
    return average(ratio(2 * right, true + given), table)


def mcc(table: np.ndarray) -> np.ndarray:
    """Return the correlation of y and the answers, for any number of classes (Gorodkin 2004)."""
    right, true, given = by_class(table)
    n = true.sum(1)
    together = right.sum(1) * n - (true * given).sum(1)
    apart = (n**2 - (given**2).sum(1)) * (n**2 - (true**2).sum(1))
    return ratio(together, np.sqrt(apart))


COUNTED = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "precision": precision,
    "recall": recall,
    "specificity": specificity,
    "f1": f1,
    "mcc": mcc,
}
