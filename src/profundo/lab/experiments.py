"""Carry out an experiment by name. The verb `profundo lab`."""

import contextlib
import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from ..errors import UsageError, unknown
from . import backprop, capacity, hebb, perceptron, race, regression, search, starts, vanishing
from .options import Experiment, Settings
from .table import EXPERIMENTS

Run = Callable[[Settings], dict[str, Any]]
Words = Callable[[dict[str, Any], Settings], list[str]]
RUNS: dict[str, tuple[Run, Words]] = {
    "perceptron": (perceptron.perceptron, perceptron.sentences),
    "regression": (regression.regression, regression.sentences),
    "search": (search.search, search.sentences),
    "backprop": (backprop.backprop, backprop.sentences),
    "race": (race.race, race.sentences),
    "starts": (starts.starts, starts.sentences),
    "vanishing": (vanishing.vanishing, vanishing.sentences),
    "capacity": (capacity.capacity, capacity.sentences),
    "hebb": (hebb.hebb, hebb.sentences),
}


def lab(name: str, /, **options: Any) -> dict[str, Any]:
    """Carry out one of the experiments; `profundo lab` lists them, `profundo lab NAME --help` its options.

    Returns numbers and NumPy arrays, which the module of the experiment describes (`profundo.lab.race` ...), and with
    them `experiment`, `options` (all of them), `sentences` (what it shows), `command` and `python` (what repeats it).
    The same options give the same numbers. Raises UsageError with the nearest names for what is not known.
    """
    experiment = find(name)
    settings = experiment.settled(options)
    run, words = RUNS[name]
    with torch.random.fork_rng(devices=[]), one_thread():
        found = run(settings)
    asked = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(settings).items()}
    told = {"experiment": name, "options": asked, "sentences": words(found, settings)}
    return told | found | repeated(experiment, asked)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread for a while: sums in the same order wherever and after whatever it runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def find(name: str) -> Experiment:
    """Return the experiment of that name. Raises UsageError with the nearest names."""
    if not isinstance(name, str) or name not in EXPERIMENTS:
        raise UsageError(unknown("experiment", str(name), EXPERIMENTS))
    return EXPERIMENTS[name]


def repeated(experiment: Experiment, asked: Mapping[str, Any]) -> dict[str, str]:
    """Return the command and the Python that do the same; what is as usual is left out."""
    own = {k: v for k, v in asked.items() if v != plain(experiment.options[k].default)}
    words = ["profundo", "lab", experiment.name]
    for name, value in own.items():
        words += [f"--{name}", ",".join(value) if isinstance(value, list) else str(value)]
    arguments = [json.dumps(experiment.name), *(f"{name}={json.dumps(value)}" for name, value in own.items())]
    return {"command": shlex.join(words), "python": f"import profundo\n\nprofundo.lab({', '.join(arguments)})"}


def plain(value: Any) -> Any:
    """Return a tuple as a list, as JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def parted(found: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Part a result into what JSON holds and its arrays."""
    arrays = {k: v for k, v in found.items() if isinstance(v, np.ndarray)}
    return {k: v for k, v in found.items() if k not in arrays}, arrays
