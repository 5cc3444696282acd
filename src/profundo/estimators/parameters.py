"""Everything that one can ask of an estimator, and what it says afterwards."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator
from torch import nn

PRECISIONS = ("auto", "float32", "float64")
OF_MLP = ("hidden", "activation", "dropout", "normalisation")
OF_RECIPE = (
    *("optimizer", "lr", "schedule", "epochs", "batch_size", "l1", "l2", "weight_decay"),
    *("patience", "overfit", "stop_loss", "time_limit", "device", "threads"),
)
HEAD = "Parameters\n----------\n"
Class = TypeVar("Class", bound=type)


@dataclass(eq=False, repr=False, kw_only=True)
class Parameters(BaseEstimator):
    """What both estimators can be asked for: stored as it is given, looked at by `fit`.

    Parameters
    ----------
    network : str or torch.nn.Module, default="mlp"
        A name of `profundo.networks` that takes tables, or a module of your own from (batch, features) to (batch,
        outputs): a score for each class (or each label), or a number for each target. A module is copied, not changed.
    hidden : sequence of int, default=(128, 64)
        The widths of the hidden layers of the "mlp".
    activation : str, default="relu"
        The activation of the "mlp": relu, gelu, silu, tanh, sigmoid ...
    dropout : float, default=0.0
        The share of hidden units of the "mlp" that is silenced while training.
    normalisation : str, default="none"
        none, batch or layer: the normalisation of the "mlp" before each activation.
    initialisation : str, default="default"
        How the weights of a named network start: default, zeros, normal, glorot, he, orthogonal or lsuv.
    network_options : dict, default=None
        Further options of a named network, by name.
    loss : str, default=None
        cross_entropy, nll, focal, hinge or perceptron for classes; binary_cross_entropy for several labels; mse, l1 or
        huber for numbers. None is the first of each.
    optimizer : str, default="adamw"
        A name of `profundo.optimizers`.
    lr : float, default=None
        The learning rate. None finds it by a range test before training, about 80 steps.
    schedule : str, default="one-cycle"
        constant, step, cosine, linear or one-cycle: how the learning rate changes.
    epochs : int, default=None
        How many times every row is seen. None decides by the number of rows.
    batch_size : int, default=None
        Rows in a step; 0 is all of them. None decides by the number of rows.
    l1, l2 : float, default=0.0
        Penalties on the weight matrices: their gradients are l1 sign(w) and l2 w.
    weight_decay : float, default=None
        Shrinks the weight matrices by lr * weight_decay a step. None is profundo's usual value.
    validation_fraction : float, default=0.0
        The share of the rows that is held out while training; the weights of its lowest loss are kept.
    patience : int, default=None
        Stop when the training loss has not improved for that many epochs.
    overfit : int, default=None
        Stop when the loss of the held-out rows has been above its best for that many epochs while the training loss
        fell. Wants validation_fraction.
    stop_loss, time_limit : float, default=None
        Stop at this loss; stop after so many seconds.
    random_state : int, RandomState or None, default=None
        The seed of the weights, the order of the rows, dropout and the held-out rows. An int repeats the fit exactly.
    precision : str, default="auto"
        float32 or float64. "auto" is float64 on the CPU for a named network and X of up to a million values, where it
        costs little and makes a weight of 2 equal to a row given twice; else it is float32.
    threads : int, default=0
        0 decides by the size of a step: 1, or the number of cores. The setting of PyTorch is put back after the fit.
    device : str, default="cpu"
        Where to train; small tables are fastest on the CPU. The fitted network is on the CPU.
    verbose : bool, default=False
        Print a line an epoch.

    Attributes
    ----------
    network_ : torch.nn.Module
        The trained network. It takes X as `schema_` encodes it.
    schema_ : profundo.Schema
        The columns, with the statistics that standardise them.
    task_, task_name_ : profundo.Task, str
        What was learnt: classification, multilabel or regression.
    n_features_in_, feature_names_in_
        The number of columns of X, and their names where X had any.
    dtype_ : str
        The type that was computed in.
    lr_ : float
        The learning rate that was used.
    n_iter_ : int
        The epochs that were run.
    stopped_ : str
        The criterion that ended the training.
    loss_curve_, validation_loss_curve_ : list of float
        The losses after each epoch; the second is empty without validation_fraction.
    """

    network: str | nn.Module = "mlp"
    hidden: Sequence[int] | int = (128, 64)
    activation: str = "relu"
    dropout: float = 0.0
    normalisation: str = "none"
    initialisation: str = "default"
    network_options: Mapping[str, Any] | None = None
    loss: str | None = None
    optimizer: str = "adamw"
    lr: float | None = None
    schedule: str = "one-cycle"
    epochs: int | None = None
    batch_size: int | None = None
    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float | None = None
    validation_fraction: float = 0.0
    patience: int | None = None
    overfit: int | None = None
    stop_loss: float | None = None
    time_limit: float | None = None
    random_state: int | np.random.RandomState | None = None
    precision: str = "auto"
    threads: int = 0
    device: str = "cpu"
    verbose: bool = False


def documented(kind: Class) -> Class:
    """Add the parameters that both estimators share, and the attributes, to the documentation of one."""
    own, shared = inspect.cleandoc(kind.__doc__ or ""), inspect.getdoc(Parameters) or ""
    begin = "\n" if HEAD in own else f"\n\n{HEAD}"
    kind.__doc__ = own + begin + shared.split(HEAD)[1]
    return kind
