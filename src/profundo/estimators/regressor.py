"""Networks that predict numbers, as scikit-learn has regressors."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin

from ..data.matrix import centers_and_scales, spread
from ..schema import Kind, Number
from .estimator import NetworkEstimator
from .parameters import documented
from .rows import InvalidData, Rows


@documented
@dataclass(eq=False, repr=False, kw_only=True)
class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """A neural network that predicts one number (n,) or several (n, targets)."""

    _quantity: ClassVar[bool] = True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn one epoch of further rows; those of the first call set the statistics of the columns and of y.

        The optimiser starts afresh with each call, so larger pieces teach better than smaller ones.
        """
        return self._more(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """Return the numbers (n,) or (n, targets), in the units of y."""
        return self._answer(X).values

    def _fit_target(self, y: np.ndarray, classes: Any = None) -> str:
        return "regression"

    def _target_kinds(self, y: np.ndarray, weights: np.ndarray | None) -> dict[str, Kind]:
        columns = y.reshape(len(y), -1).astype(np.float64)
        centers, scales = np.average(columns, 0, weights), spread(columns, weights)
        return {
            f"y{i}": Number(float(c), float(s), clip=False)
            for i, (c, s) in enumerate(zip(centers, scales, strict=True))
        }

    def _encode_target(self, y: np.ndarray) -> np.ndarray:
        count = len(self.schema_.targets)
        if y.shape[1:] != (() if count == 1 else (count,)):
            raise InvalidData(f"y has the shape {y.shape}, and {count} targets were learnt before.")
        center, scale = centers_and_scales(self.schema_.targets)
        return ((y.reshape(len(y), -1) - center) / scale).reshape(y.shape).astype(self.dtype_)

    def _weights(self, rows: Rows) -> np.ndarray | None:
        return rows.weights
