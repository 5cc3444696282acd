"""One linear layer: linear regression, and logistic (softmax) regression with the cross-entropy loss."""

import torch
from torch import Tensor, nn

from ..errors import UsageError
from ..schema import Category, Schema
from .network import Network, flag


class LinearScores(nn.Module):
    """W x + b, where the last columns of x are codes, each standing for a one-hot vector.

    The rows of `codes` are the weights of the one-hot columns, so that they never have to be written out.
    """

    def __init__(self, columns: int, sizes: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        self.columns = columns
        self.output = zero_linear(columns, outputs)
        self.codes = nn.ModuleList(nn.Embedding(size, outputs, _weight=torch.zeros(size, outputs)) for size in sizes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, outputs)."""
        scores = self.output(x[:, : self.columns])
        codes = x[:, self.columns :].long()
        for column, table in enumerate(self.codes):
            scores = scores + table(codes[:, column])
        return scores


def linear(schema: Schema, *, single: bool = False) -> nn.Module:
    """Build W x + b, started at zeros: its problem is convex, so the start does not matter.

    With `single`, two labels get one score: that of the second, the first's being 0.
    """
    outputs = 1 if flag("single", single) and binary(schema) else schema.outputs
    if schema.embedded:
        return LinearScores(schema.shape[0] - len(schema.embedded), schema.embedded, outputs)
    layers = {"flatten": nn.Flatten()} if schema.image else {}
    count = int(torch.Size(schema.shape).numel())
    network = nn.Sequential()
    for name, layer in (layers | {"output": zero_linear(count, outputs)}).items():
        network.add_module(name, layer)
    return network


def zero_linear(inputs: int, outputs: int) -> nn.Linear:
    """Build a linear layer of zeros; unlike nn.Linear's own start, it is silent where there are no inputs."""
    layer = nn.Linear(max(inputs, 1), outputs)
    layer.in_features = inputs
    layer.weight = nn.Parameter(torch.zeros(outputs, inputs))
    nn.init.zeros_(layer.bias)
    return layer


def binary(schema: Schema) -> bool:
    """Return True for a target of two labels. Raises UsageError for any other."""
    targets = list(schema.targets.values())
    if len(targets) == 1 and isinstance(targets[0], Category) and len(targets[0].labels) == 2:
        return True
    raise UsageError("single=true is for a target of two labels, and this one is not. Leave it out.")


NETWORKS = {
    "linear": Network(
        "linear",
        "linear regression, or logistic (softmax) regression",
        "any",
        linear,
        {"single": "two labels: one score instead of two"},
    )
}
