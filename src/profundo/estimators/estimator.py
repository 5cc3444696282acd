"""What the estimators share: from arrays to the one loop (`profundo.loop.training`), and back to answers."""

import contextlib
import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from .. import networks, optimizers, precision
from ..data.dataset import Data
from ..data.matrix import encode_matrix, fit_matrix
from ..errors import UsageError, unknown
from ..finder import find
from ..guesses import guessed_recipe
from ..loop import Progress, training
from ..plan import make
from ..recipe import Recipe
from ..schema import Kind, Schema
from ..seeds import mix
from ..tasks import build_task
from ..tasks.task import Prediction
from .parameters import OF_MLP, OF_RECIPE, PRECISIONS, Parameters
from .rows import FLOATS, Rows, checked_weights, dense

SMALL = 1_000_000  # values in X up to which "auto" computes in float64
LIGHT = 100_000_000  # rows x weights in a step, up to which a second thread costs more than it brings
BATCH = 4096  # rows answered at a time


class NetworkEstimator(Parameters, ABC):
    """The way from arrays to the loop and back; what differs between classes and numbers is in the subclasses."""

    _quantity: ClassVar[bool]  # whether y is a quantity

    @abstractmethod
    def _fit_target(self, y: np.ndarray, classes: Any = None) -> str:
        """Learn the classes from all of y; returns the name of the task."""

    @abstractmethod
    def _target_kinds(self, y: np.ndarray, weights: np.ndarray | None) -> dict[str, Kind]:
        """Describe the targets from the rows to learn from."""

    @abstractmethod
    def _encode_target(self, y: np.ndarray) -> np.ndarray:
        """Return y as the task takes it: codes, or numbers."""

    @abstractmethod
    def _weights(self, rows: Rows) -> np.ndarray | None:
        """Return how much each row counts."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a new network on X (n, features) and y; `sample_weight` (n,) says how much each row counts."""
        rows, seed = self._rows(X, y, sample_weight, reset=True), self._seed()
        self.task_name_ = self._fit_target(rows.y)
        self._hold_out(rows, seed)
        self._begin(rows, seed)
        return self._learn(rows, seed, verbose=self.verbose)

    def _more(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        """Learn one epoch of further rows with a constant learning rate, from the weights as they are."""
        first = not hasattr(self, "network_")
        rows, seed = self._rows(X, y, sample_weight, reset=first), self._seed()
        if first:
            self.task_name_ = self._fit_target(rows.y, classes)
            self._begin(rows, seed)
        usual = optimizers.find(self.optimizer).lr if self.lr is None else self.lr
        return self._learn(rows, mix(seed, self.n_iter_), lr=usual, epochs=1, schedule="constant", average=None)

    def _rows(self, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> Rows:
        """Check what was given, as scikit-learn does; rows of weight 0 are left out."""
        X, y = validate_data(
            self, X, y, accept_sparse="csr", dtype=FLOATS, multi_output=True, y_numeric=self._quantity, reset=reset
        )
        y = dense(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        weights = None if sample_weight is None else checked_weights(sample_weight, X.shape[0])
        kept = np.arange(X.shape[0])
        if weights is not None:
            kept = np.flatnonzero(weights)
            X, y, weights = X[kept], y[kept], weights[kept]
        every = np.arange(len(kept))
        return Rows(dense(X), y, weights, kept, every, every[:0])

    def _seed(self) -> int:
        """Draw the seed of this fit."""
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _hold_out(self, rows: Rows, seed: int) -> None:
        """Choose which rows to learn from and which to hold out."""
        share = self.validation_fraction
        if not 0 <= share < 1:
            raise UsageError(f"validation_fraction must be at least 0 and below 1, not {share!r}.")
        if not share and self.overfit is not None:
            raise UsageError("overfit needs rows that are held out. Add validation_fraction=0.1, or leave overfit out.")
        if share:
            y = rows.y
            common = not self._quantity and y.ndim == 1 and np.unique(y, return_counts=True)[1].min() > 1
            parts = train_test_split(rows.train, test_size=share, random_state=seed, stratify=y if common else None)
            rows.train, rows.validation = (np.sort(part) for part in parts)

    def _begin(self, rows: Rows, seed: int) -> None:
        """Learn the statistics from the rows to learn from, and build the task and an untrained network."""
        self.dtype_ = self._choose_dtype(rows)
        names = [str(name) for name in getattr(self, "feature_names_in_", ())]
        if len(set(names)) < rows.x.shape[1]:
            names = [f"x{i}" for i in range(rows.x.shape[1])]
        weights = None if rows.weights is None else rows.weights[rows.train]
        inputs = fit_matrix(names, rows.x[rows.train], weights)
        self.schema_ = Schema(inputs, self._target_kinds(rows.y[rows.train], weights))
        self.task_ = build_task(self.task_name_, self.schema_, **({} if self.loss is None else {"loss": self.loss}))
        self.network_ = self._build(rows, seed).to(getattr(torch, self.dtype_))
        self.n_iter_ = 0
        self.loss_curve_: list[float] = []
        self.validation_loss_curve_: list[float] = []

    def _choose_dtype(self, rows: Rows) -> str:
        """Return the type to compute in."""
        if self.precision not in PRECISIONS:
            raise UsageError(unknown("precision", str(self.precision), PRECISIONS))
        if self.precision != "auto":
            return str(self.precision)
        small = rows.x.size <= SMALL and precision.find_device(self.device) == "cpu"
        return "float64" if small and isinstance(self.network, str) else "float32"

    def _build(self, rows: Rows, seed: int) -> nn.Module:
        """Build the named network, or copy the one that was given."""
        if isinstance(self.network, nn.Module):
            return copy.deepcopy(self.network)
        options = dict(self.network_options or {})
        if self.network == "mlp":
            options = {name: plain(getattr(self, name)) for name in OF_MLP} | options
        x = self._encode(rows.x[rows.train[:BATCH]]).float() if self.initialisation == "lsuv" else None
        return networks.build(self.network, self.schema_, seed=seed, initialisation=self.initialisation, x=x, **options)

    def _encode(self, x: np.ndarray) -> torch.Tensor:
        """Return x in standard units."""
        return torch.from_numpy(encode_matrix(x, self.schema_.inputs, np.dtype(self.dtype_)))

    def _data(self, rows: Rows, seed: int) -> Data:
        """Encode the rows as the loop takes them, with weights of mean 1 over the rows to learn from."""
        y, ids = torch.from_numpy(self._encode_target(rows.y)), torch.from_numpy(rows.ids)
        splits = {"train": torch.from_numpy(rows.train), "validation": torch.from_numpy(rows.validation)}
        name, x, weights = type(self).__name__, self._encode(rows.x), self._weights(rows)
        data = Data(name, self.schema_, self.task_name_, x, y, ids, splits, seed)
        if weights is not None:
            data.weights = torch.from_numpy((weights / weights[rows.train].mean()).astype(self.dtype_))
        return data.to(precision.find_device(self.device))

    def _recipe(self, data: Data, **chosen: Any) -> Recipe:
        """Write down how to train: what is chosen, what was asked for, and the usual values for the rest."""
        usual = {**guessed_recipe(data), "precision": "float32"}
        implied = optimizers.find(self.optimizer).batch_size
        if implied is not None:
            usual["batch_size"] = implied
        asked = {name: plain(getattr(self, name)) for name in OF_RECIPE}
        asked = {name: value for name, value in asked.items() if value is not None}
        recipe: Recipe = make(Recipe, usual | asked | chosen, "")
        size = recipe.batch_size or data.count("train")
        light = size * sum(p.numel() for p in self.network_.parameters()) < LIGHT
        return replace(recipe, threads=recipe.threads or int(light))

    def _learn(self, rows: Rows, seed: int, *, verbose: bool = False, **chosen: Any) -> Self:
        """Run the loop on the network, and keep what it says."""
        data = self._data(rows, seed)
        recipe = self._recipe(data, seed=seed, **chosen)
        with undisturbed():
            if recipe.lr is None:
                recipe = replace(recipe, lr=find(self.network_, data, self.task_, recipe).suggestion)
            for progress in training(self.network_, data, self.task_, recipe):
                if not progress.whole:
                    continue
                self.n_iter_ += 1
                self.loss_curve_.append(progress.train_loss)
                self.validation_loss_curve_ += [progress.validation["loss"]] if progress.validation else []
                self.stopped_ = progress.stopped
                if verbose:
                    print(line(progress))
        self.lr_ = recipe.lr
        release(self.network_)
        return self

    def _answer(self, X: Any) -> Prediction:
        """Ask the network about every row of X."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=FLOATS, reset=False)
        self.network_.eval()
        with torch.no_grad():
            parts = (dense(X[begin : begin + BATCH]) for begin in range(0, X.shape[0], BATCH))
            found = [self.task_.predict(self.network_, self._encode(part)) for part in parts]
        shares = [p.probabilities for p in found if p.probabilities is not None]
        return Prediction(np.concatenate([p.values for p in found]), np.concatenate(shares) if shares else None)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Put PyTorch's number of threads and its random generator back afterwards."""
    threads = torch.get_num_threads()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(threads)


def release(network: nn.Module) -> None:
    """Give every parameter memory of its own, on the CPU and without a gradient, so that a pickle holds it once."""
    network.cpu()
    for parameter in network.parameters():
        parameter.data, parameter.grad = parameter.data.clone(), None


def plain(value: Any) -> Any:
    """Return Python's own numbers for NumPy's, which searches over arrays hand in."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


def line(progress: Progress) -> str:
    """Write an epoch in a line."""
    held_out = f", held-out loss {progress.validation['loss']:.4g}" if progress.validation else ""
    return f"epoch {progress.epoch} of {progress.epochs}: loss {progress.train_loss:.4g}{held_out}"
