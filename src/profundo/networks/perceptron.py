"""The perceptron: one linear layer, started at zeros, with a learning rule of its own.

Rosenblatt 1958; the multiclass rule is w + f(x, y) - f(x, y'), with y the true label and y' the one of the highest
score (Collins 2002). The rule is gradient descent with learning rate 1, one example at a time, on the loss
"perceptron", score[y'] - score[y]: its gradient is f(x, y') - f(x, y).
"""

from torch import nn

from ..errors import UsageError
from ..schema import Category, Schema
from .linear import linear
from .network import Network


def perceptron(schema: Schema, *, single: bool = False) -> nn.Module:
    """Build a score for each label, all weights zero. With `single`, Rosenblatt's own form: two labels, one score.

    Train it with the loss "perceptron", gradient descent, learning rate 1 and batches of 1.
    """
    targets = list(schema.targets.values())
    if len(targets) != 1 or not isinstance(targets[0], Category):
        raise UsageError("the perceptron tells labels apart, and the target is not one category. Use linear or mlp.")
    return linear(schema, single=single)


NETWORKS = {
    "perceptron": Network(
        "perceptron",
        "one linear layer with the perceptron's learning rule (loss perceptron, gradient descent, lr 1, batches of 1)",
        "any",
        perceptron,
        {"single": "two labels: one score instead of two, as Rosenblatt had it"},
        "Rosenblatt 1958, The perceptron; Collins 2002, Discriminative training methods for hidden Markov models",
    )
}
