"""One switch for rare answers, whatever the task: class weights, resampling, focal loss, moved thresholds.

Rare labels, rare yes answers and rare numbers are all met in the same words: `balanced` changes what is trained, and
`decision.fit_decision` puts the probabilities right again and moves the thresholds.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .data.dataset import Data
from .errors import UsageError, unknown
from .tasks import balanced_weights, median_frequency_weights

METHODS = ("none", "auto", "weights", "resample", "focal", "threshold")
SALT = 0xBA1A  # of the rows that are drawn
GROWTH = 2.0  # the training part becomes at most so many times as long
HEAVIEST = 20.0  # weight of a yes or of a rare number, beside 1
CELLS = 100  # of the histogram of a number
SMOOTHING = 2.0  # standard deviation of the kernel, in cells
AUTO = {  # of tables and texts, and of masks
    "classification": "threshold",
    "multilabel": "threshold",
    "regression": "weights",
    "segmentation": "weights",
}


class Balanced(NamedTuple):
    """What to train instead, and what to do with the answers.

    `shift`: how many times too frequent each label (or the odds of each target's yes) will seem to the network; pass it
    to `fit_decision`, with `move`. `method` is the one that was taken, "none" where there is none.
    """

    task_options: dict[str, Any]
    data: Data
    move: bool
    shift: tuple[float, ...] | None
    method: str


def balanced(name: str, task: str, task_options: Mapping[str, Any], data: Data) -> Balanced:
    """Return what `--balance NAME` trains. A pure function; the validation and the test part keep their rows.

    | method | classification | multilabel | regression |
    |---|---|---|---|
    | weights | the loss times sqrt(n / (classes x count)) | sqrt(odds of no against yes) | 1 / density of the target |
    | resample | sqrt(most / count) times each row | the same, by its rarest yes | rows of rare numbers are repeated |
    | focal | easy examples count less (Lin et al. 2017) | the same | - |
    | threshold | only the answers move | only the answers move | - |

    The pixels of a mask take weights, the roots of median-frequency weights, or focal; their answers do not move.

    Raises UsageError for an unknown method or one that does not fit the task or its options.
    """
    name = name or "none"
    if name not in METHODS:
        raise UsageError(f"for --balance, {unknown('way', name, METHODS)}")
    if name != "none" and task not in AUTO:
        raise UsageError(f"--balance is for {', '.join(AUTO)}, and the task is {task}. Leave it out.")
    method = automatic(task, data) if name == "auto" else name
    options = dict(task_options)
    if method == "none":
        return Balanced(options, data, False, None, method)
    check(method, task, options)
    if task == "regression":
        return of_numbers(method, options, data)
    if task == "segmentation":
        return of_pixels(method, options, data)
    return of_labels(method, options, data) if task == "classification" else of_targets(method, options, data)


def automatic(task: str, data: Data) -> str:
    """Return the method of `auto`, as measured on other data than those of the results (benchmarks/imbalance.py).

    On pictures a network that meets the rare ones more often finds more of them, with each of five seeds; on tables and
    texts it does not, and moved thresholds need no second training.
    """
    return "resample" if task == "classification" and data.schema.image is not None else AUTO[task]


def check(method: str, task: str, options: Mapping[str, Any]) -> None:
    """Raise UsageError for what does not go together."""
    if task == "regression" and method in ("focal", "threshold"):
        why = "a number has no threshold" if method == "threshold" else "the focal loss is one of labels"
        raise UsageError(f"--balance {method} does not fit regression: {why}. Use --balance weights.")
    if task == "segmentation" and method in ("resample", "threshold"):
        raise UsageError(f"--balance {method} does not fit segmentation: a picture has many labels. Use weights.")
    if task == "segmentation" and method == "weights" and options.get("loss") == "dice":
        raise UsageError("--balance weights does not go with --loss dice, which counts every label the same already.")
    plain = {
        "segmentation": ("cross_entropy", "focal"),
        "classification": ("cross_entropy", "nll", "focal"),
        "multilabel": ("binary_cross_entropy", "binary_focal"),
    }
    if method == "focal" and (loss := options.get("loss")) is not None and loss not in plain[task]:
        raise UsageError(f"--balance focal is a loss of its own. Leave out --loss {loss}, or use --balance weights.")
    if method == "focal" and options.get("label_smoothing"):
        raise UsageError("--balance focal does not go with --label-smoothing. Leave one out.")
    for given in ("class_weights", "yes_weights"):
        if method in ("weights", "focal", "resample") and options.get(given) is not None:
            raise UsageError(f"--balance {method} chooses the weights, and {given} gives them. Leave one out.")


def of_labels(method: str, options: dict[str, Any], data: Data) -> Balanced:
    """Balance the classes of a category."""
    codes, classes = data.y[data.positions("train")], len(data.schema.labels)
    if method == "threshold":
        return Balanced(options, data, True, None, method)
    if method == "resample":
        factors = repeat_factors(torch.bincount(codes.cpu(), minlength=classes).double())
        return Balanced(options, redrawn(data, factors[codes.cpu()]), True, relative(factors), method)
    weights = softened(balanced_weights(codes, classes), codes)
    options["class_weights"] = weights
    if method == "focal":
        options["loss"] = "focal"
    return Balanced(options, data, True, weights, method)


def repeat_factors(counts: Tensor) -> Tensor:
    """Return how often each class is repeated: sqrt(most / count), never under 1 (Gupta et al. 2019).

    "most" is the count of the largest class, or less where the training part would grow more than GROWTH times.
    """
    most = float(counts.max())
    while True:
        factors = (most / counts.clamp(min=1)).sqrt().clamp(min=1)
        factors = torch.where(counts > 0, factors, 1.0)
        if float(factors @ counts) <= GROWTH * float(counts.sum()):
            return factors
        most *= 0.8


def softened(weights: tuple[float, ...], codes: Tensor) -> tuple[float, ...]:
    """Return the square roots of class weights, of mean 1 over the codes.

    Whole weights of 50 and more make the gradients so noisy that a network learns less; the roots teach it the rare
    classes, and moved thresholds do the rest (benchmarks/imbalance.py; Mahajan et al. 2018 draw by square roots too).
    """
    roots = torch.tensor(weights, dtype=torch.float64).sqrt()
    return relative(roots / roots[codes.cpu()].mean())


def relative(shift: Tensor) -> tuple[float, ...]:
    """Return the shift as plain numbers."""
    return tuple(shift.tolist())


def of_targets(method: str, options: dict[str, Any], data: Data) -> Balanced:
    """Balance the yes and the no of each target."""
    y = data.y[data.positions("train")].cpu().double()  # (n, targets)
    if method == "threshold":
        return Balanced(options, data, True, None, method)
    yes = y.sum(0)
    odds = (len(y) - yes) / yes.clamp(min=1)
    weights = torch.where(yes > 0, odds.sqrt().clamp(1.0, HEAVIEST), 1.0)
    if method == "resample":
        repeats = torch.where(y > 0, weights, 1.0).amax(1)  # repeat factors (Gupta et al. 2019)
        drawn = redrawn(data, repeats)
        after = drawn.y[drawn.positions("train")].cpu().double().mean(0)
        before = y.mean(0)
        clean = [m.clamp(1 / (2 * len(y)), 1 - 1 / (2 * len(y))) for m in (before, after)]
        shift = (clean[1] / (1 - clean[1])) / (clean[0] / (1 - clean[0]))
        return Balanced(options, drawn, True, relative(shift), method)
    options["yes_weights"] = relative(weights)
    if method == "focal":
        options["loss"] = "binary_focal"
    return Balanced(options, data, True, relative(weights), method)


def of_pixels(method: str, options: dict[str, Any], data: Data) -> Balanced:
    """Balance the labels of pixels."""
    y = data.y[data.positions("train")]
    options["class_weights"] = median_frequency_weights(y, len(data.schema.labels), power=0.5)
    if method == "focal":
        options["loss"] = "focal"
    return Balanced(options, data, False, None, method)


def of_numbers(method: str, options: dict[str, Any], data: Data) -> Balanced:
    """Balance rare numbers."""
    train = data.positions("train").cpu()
    weights = torch.from_numpy(rarity(data.y.cpu().double().numpy(), train.numpy()))
    if method == "resample":
        return Balanced(options, redrawn(data, weights[train]), False, None, method)
    kept = weights.float().to(data.y.device)
    if data.weights is not None:
        kept = kept * data.weights
    kept = kept / kept[data.positions("train")].mean()
    return Balanced(options, replace(data, weights=kept), False, None, method)


def rarity(y: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return a weight for each of the numbers y (n,) or (n, targets), of mean 1 over the positions `train`.

    It is 1 / sqrt(density of the training numbers), at most HEAVIEST times the least (Yang et al. 2021: the square root
    of the inverse of a smoothed label density; Steininger et al. 2021 weigh by density too). The density is a histogram
    of 100 cells smoothed by a Gaussian of 2 cells; beyond the outer half percent of the numbers it is that at the edge.
    With several targets it is the mean of their weights.
    """
    columns = y.reshape(len(y), -1)
    weights = np.mean([one_rarity(column, train) for column in columns.T], axis=0)
    return weights / weights[train].mean()


def one_rarity(y: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return the weights by one target."""
    from scipy.ndimage import gaussian_filter1d

    low, high = np.quantile(y[train], [0.005, 0.995])
    if not low < high:
        return np.ones(len(y))
    cell = np.clip((CELLS * (y - low) / (high - low)).astype(np.int64), 0, CELLS - 1)
    counts = np.bincount(cell[train], minlength=CELLS).astype(float)
    density = gaussian_filter1d(counts, SMOOTHING, mode="nearest")
    weights = 1 / np.sqrt(np.maximum(density, density.max() / HEAVIEST**2))
    return (weights / weights[cell[train]].mean())[cell]


def redrawn(data: Data, repeats: Tensor) -> Data:
    """Return the data with a training part in which each row stands about `repeats` times, in an order of the seed.

    A row stands there floor(repeats) times, and once more with the remainder as its chance; systematic sampling keeps
    the count of a class within one row of what is wanted (Madow 1949).
    """
    rows = data.positions("train")
    y = data.y[rows].cpu()
    order = np.random.default_rng([data.seed, SALT]).permutation(len(rows))
    if y.dim() == 1 and not y.is_floating_point():
        order = order[np.argsort(y.numpy()[order], kind="stable")]  # class by class
    ends = np.floor(np.cumsum(repeats.double().numpy()[order]) + 1e-6)
    times = np.diff(ends, prepend=0.0).astype(np.int64)
    drawn = torch.from_numpy(np.repeat(order, times)).to(rows.device)
    return replace(data, splits={**data.splits, "train": rows[drawn]})
