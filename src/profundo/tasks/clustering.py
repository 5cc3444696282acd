"""Clusters: learn features without a label, by giving x back; k-means finds groups of alike ones among them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from ..batch import Batch
from ..errors import UsageError
from ..schema import Schema
from .anomalies import check_weight
from .rebuilding import Parts, losses, parts_of, validate
from .task import Loss, Prediction

if TYPE_CHECKING:
    from ..metrics import Metric

MOST = 64


@dataclass(frozen=True)
class Clustering:
    """Learn to give x back; the answer is the nearest of the centres that the network keeps, which are fitted after.

    `clusters` is how many there are; 0 chooses by how well they are separated.
    """

    columns: Parts
    clusters: int = 0
    surprise_weight: float = 0.0
    labelled: bool = False

    def __post_init__(self) -> None:
        if self.clusters != 0 and not 2 <= self.clusters <= MOST:
            raise UsageError(f"--clusters is {self.clusters}; it must be 2 to {MOST}, or 0 to choose.")
        check_weight(self.surprise_weight)

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield how far the answer lies from x."""
        yield from losses(network, self.columns, batch, self.surprise_weight)

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the loss and its two terms."""
        return validate(network, self.columns, batches, self.surprise_weight)

    def distances(self, network: nn.Module, x: Tensor) -> Tensor:
        """Return the distance (B, clusters) of each code to each centre; infinite where there is no centre."""
        centres: Tensor = network.fitted.centres  # type: ignore[union-attr, assignment]
        there = torch.isfinite(centres).all(1)
        codes: Tensor = network.encode(x)  # type: ignore[operator]
        found = codes.new_full((len(x), len(centres)), torch.inf)
        found[:, there] = torch.cdist(codes, centres[there])
        return found

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with the number of the cluster of each x (B,)."""
        return Prediction(self.distances(network, x).argmin(1).cpu().numpy())

    def example_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the distance to the nearest centre for distances (B, clusters): there is no right answer."""
        return output.amin(1)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the numbers of the clusters."""
        return codes

    def metrics(self) -> "Sequence[Metric]":
        """The measures of clusters: against labels where there are any, else how well separated they are."""
        from ..metrics.clustering import CLUSTERING, SEPARATION

        return CLUSTERING if self.labelled else SEPARATION


def clustering(schema: Schema, *, clusters: int = 0, surprise_weight: float = 0.0) -> Clustering:
    """Build the task for a schema."""
    return Clustering(parts_of(schema), clusters, surprise_weight, bool(schema.truth))
