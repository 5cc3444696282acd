"""Taste: a vector for whoever and for whatever is looked up, and their products; with or without a deep part beside.

On two embedded columns, who and what, this is matrix factorisation with biases (Koren, Bell and Volinsky 2009); with
more columns it is a factorisation machine (Rendle 2010).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..schema import Schema
from .autoencoder import chain
from .layers import ACTIVATIONS
from .mlp import hidden_widths
from .network import Network, choice, positive, whole


class Vectors(nn.Module):
    """A vector for each column of a table: its number times a vector of its own, or the vector of its code."""

    def __init__(self, columns: int, sizes: Sequence[int], width: int, scale: float) -> None:
        super().__init__()
        self.columns = columns
        self.plain = nn.Parameter(torch.randn(columns, width) * scale) if columns else None
        self.codes = nn.ModuleList(nn.Embedding(size, width, _weight=looked_up(size, width, scale)) for size in sizes)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, columns, width)."""
        found = [] if self.plain is None else [x[:, : self.columns, None] * self.plain]
        codes = x[:, self.columns :].long()
        found += [table(codes[:, place])[:, None] for place, table in enumerate(self.codes)]
        return torch.cat(found, 1)


def looked_up(size: int, width: int, scale: float) -> Tensor:
    """Return first vectors; that of what training never saw, the last, is zero."""
    values = torch.randn(size, width) * scale
    values[-1] = 0
    return values


class Factorisation(nn.Module):
    """A constant, a bias of each column, and the products of the vectors of every two columns."""

    def __init__(self, schema: Schema, factors: int, scale: float) -> None:
        super().__init__()
        (columns,), sizes = schema.shape, schema.embedded
        plain = columns - len(sizes)
        self.biases = Vectors(plain, sizes, schema.outputs, 0.0)
        self.vectors = Vectors(plain, sizes, factors, scale)
        self.output = nn.Linear(factors, schema.outputs)
        nn.init.ones_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs)."""
        vectors = self.vectors(x)  # (B, columns, factors)
        products = (vectors.sum(1).square() - vectors.square().sum(1)) / 2  # of every two columns
        found: Tensor = self.biases(x).sum(1) + self.output(products)
        return found

    def sizes(self, x: Tensor) -> Tensor:
        """Return the sum of the squares of the vectors that are looked up, (B,): what a penalty keeps small."""
        return self.vectors(x).square().sum((1, 2))


class NeuralFactorisation(nn.Module):
    """A factorisation, and beside it an MLP on vectors of its own (He et al. 2017, 1708.05031)."""

    def __init__(self, schema: Schema, factors: int, widths: Sequence[int], activation: str) -> None:
        super().__init__()
        (columns,), sizes = schema.shape, schema.embedded
        self.products = Factorisation(schema, factors, 0.1)
        self.vectors = Vectors(columns - len(sizes), sizes, factors, 0.1)
        self.deep = chain([columns * factors, *widths, schema.outputs], activation)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs)."""
        found: Tensor = self.products(x) + self.deep(self.vectors(x).flatten(1))
        return found

    def sizes(self, x: Tensor) -> Tensor:
        """Return the sum of the squares of the vectors that are looked up, (B,)."""
        return self.products.sizes(x) + self.vectors(x).square().sum((1, 2))


def matrix_factorisation(schema: Schema, *, factors: int = 8, scale: float = 0.1) -> Factorisation:
    """Build a factorisation."""
    return Factorisation(schema, whole("factors", factors), positive("scale", scale))


def neural_factorisation(
    schema: Schema, *, factors: int = 8, hidden: Sequence[int] | int = (32, 16), activation: str = "relu"
) -> NeuralFactorisation:
    """Build a factorisation with an MLP beside it."""
    choice("activation", activation, ACTIVATIONS)
    return NeuralFactorisation(schema, whole("factors", factors), hidden_widths(hidden), activation)


FACTORS = "how many numbers the vector of each person and of each thing has"
NETWORKS = {
    "matrix_factorisation": Network(
        "matrix_factorisation",
        "products of the vectors of who and what, with biases",
        "table",
        matrix_factorisation,
        {"factors": FACTORS, "scale": "the standard deviation of the first vectors"},
        "Koren, Bell and Volinsky 2009; Rendle 2010",
    ),
    "neural_factorisation": Network(
        "neural_factorisation",
        "matrix factorisation with an MLP beside it",
        "table",
        neural_factorisation,
        {
            "factors": FACTORS,
            "hidden": "the widths of the hidden layers, as in [32, 16]",
            "activation": "one of " + ", ".join(ACTIVATIONS),
        },
        "He et al. 2017 (1708.05031)",
    ),
}
