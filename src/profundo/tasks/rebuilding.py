"""How far an answer lies from x, in nats, part by part: the columns of a table, the channels of a series, areas."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..batch import Batch
from ..errors import UsageError
from ..schema import Category, Image, Schema, Series
from .task import Loss

NEVER_SEEN = math.log(1000)  # nats of a label that training never saw: as odd as one in a thousand
FREEDOM = 3.0  # degrees of Student's t: few numbers far out do not rule what is learnt, nor what is odd
GRID = 4  # areas of a picture along each side


@dataclass(frozen=True)
class Parts:
    """The parts of x: their names, and of a table where each stands in x and whether it is labels."""

    kind: str
    names: tuple[str, ...]
    places: tuple[tuple[int, int], ...] = ()
    labels: tuple[bool, ...] = ()

    def errors(self, x: Tensor, again: Tensor, log_variance: Tensor) -> Tensor:
        """Return (B, parts): minus the logarithm of the likelihood of x, up to a constant (see `constant`).

        Errors of pictures and sounds are of a normal distribution, those of numbers of Student's t.
        `again` (B, ...) is x as it was given back, or its last steps; `log_variance` is that of its errors.
        """
        if self.kind == "series" and again.dim() == 3:
            x = x[:, -again.shape[1] :]
        squares = (again - x).square() * torch.exp(-log_variance) / 2
        match self.kind:
            case "table":
                return torch.stack([self.of_column(i, x, again, squares) for i in range(len(self.names))], 1)
            case "series":
                return heavy(squares[..., : len(self.names)]).sum(1)
            case "image":
                areas = F.adaptive_avg_pool2d(squares, GRID).sum(1)  # (B, GRID, GRID)
                return areas.flatten(1) * (x.shape[2] * x.shape[3] / GRID**2)
        return squares.flatten(1).sum(1, keepdim=True)

    def of_column(self, index: int, x: Tensor, again: Tensor, squares: Tensor) -> Tensor:
        """Return the error (B,) of a column: of labels the cross-entropy, of all else that of its numbers."""
        begin, end = self.places[index]
        if not self.labels[index]:
            return heavy(squares[:, begin:end]).sum(1)
        truth = x[:, begin:end]
        entropy = -(truth * F.log_softmax(again[:, begin:end], 1)).sum(1)
        return torch.where(truth.sum(1) > 0, entropy, entropy.new_tensor(NEVER_SEEN))

    def constant(self, log_variance: Tensor, size: int) -> Tensor:
        """Return what `errors` leave out, a scalar: it is the same for every x, and must be learnt."""
        if self.kind == "series":  # what is known ahead, and what is missing, is not held against the network
            return log_variance[: len(self.names)].sum() * (size / len(log_variance) / 2)
        if self.kind != "table":
            return log_variance.mean() * (size / 2)
        kept = [log_variance[a:b] for (a, b), labels in zip(self.places, self.labels, strict=True) if not labels]
        return torch.cat([log_variance[:0], *kept]).sum() / 2


def heavy(squares: Tensor) -> Tensor:
    """Return errors of Student's t for the same errors of a normal distribution, half their squares."""
    return torch.log1p(squares * (2 / FREEDOM)) * ((FREEDOM + 1) / 2)


def parts_of(schema: Schema) -> Parts:
    """Return the parts of the x of a schema."""
    match schema.shaped:
        case None:
            ends = [0]
            for kind in schema.inputs.values():
                ends.append(ends[-1] + kind.width)
            labels = tuple(isinstance(kind, Category) for kind in schema.inputs.values())
            return Parts("table", tuple(schema.inputs), tuple(pairwise(ends)), labels)
        case Series(channels=channels, known=known):
            return Parts("series", channels[: len(channels) - known])
        case Image():
            rows, columns = ("top", "upper", "lower", "bottom"), ("left", "middle left", "middle right", "right")
            return Parts("image", tuple(f"{row} {column}" for row in rows for column in columns))
        case other:
            return Parts(other.name, (other.name,))


class Rebuilding(NamedTuple):
    """The errors (B, parts), the surprise (B,), and what belongs to each example's errors but is the same for all."""

    errors: Tensor
    surprise: Tensor
    constant: Tensor
    size: int  # how many values were given back


def rebuilding(network: nn.Module, parts: Parts, x: Tensor, *, draw: bool) -> Rebuilding:
    """Ask a network that gives x back. Raises UsageError for any other."""
    rebuild: Any = getattr(network, "rebuild", None)
    if rebuild is None:
        raise UsageError(f"{type(network).__name__} does not give back what it is shown. Use --network autoencoder.")
    again, surprise = rebuild(x, draw=draw)
    spread: Tensor = network.log_variance  # type: ignore[assignment]
    size = again[0].numel()
    return Rebuilding(parts.errors(x, again, spread), surprise, parts.constant(spread, size), size)


def losses(network: nn.Module, parts: Parts, batch: Batch, surprise_weight: float) -> Iterator[Loss]:
    """Yield minus the bound of the log likelihood, in nats for each value."""
    found = rebuilding(network, parts, batch.x, draw=surprise_weight > 0)
    error = (found.errors.sum(1).mean() + found.constant) / found.size
    surprise = found.surprise.mean() / found.size
    yield Loss(error + surprise_weight * surprise, terms={"error": error.detach(), "surprise": surprise.detach()})


def validate(network: nn.Module, parts: Parts, batches: Iterator[Batch], surprise_weight: float) -> Mapping[str, float]:
    """Return the loss as it is trained, with the code that is meant and not one drawn, and its two terms."""
    count, error, surprise = 0, 0.0, 0.0
    for batch in batches:
        found = rebuilding(network, parts, batch.x, draw=False)
        count += len(batch)
        error += float(found.errors.sum() + found.constant * len(batch)) / found.size
        surprise += float(found.surprise.sum()) / found.size
    if not count:
        return {}
    measures = {"error": error / count, "surprise": surprise / count}
    return {"loss": measures["error"] + surprise_weight * measures["surprise"], **measures}
