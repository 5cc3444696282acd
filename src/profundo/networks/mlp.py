"""The multilayer perceptron, for tables and, flattened, for images."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..errors import UsageError
from ..schema import Date, Number, Schema, place
from .layers import ACTIVATIONS, NORMALISATIONS, Linear
from .network import Network, choice, positive, share, whole


class PeriodicNumbers(nn.Module):
    """Each number x becomes [x, V cos(2 pi (c x + p)) + b]: 4 values, all parameters trained, none shared by columns.

    Gorishniy et al. 2022 (2203.05556), in the form of RealMLP (Holzmüller et al. 2024, 2407.04491): c starts as
    N(0, sigma^2), and x itself is kept. `columns` are the positions of the numbers in x.
    """

    def __init__(self, columns: Sequence[int], sigma: float, frequencies: int = 16, width: int = 4) -> None:
        super().__init__()
        count = len(columns)
        self.columns: Tensor
        self.register_buffer("columns", torch.tensor(columns), persistent=False)
        self.frequency = nn.Parameter(torch.randn(count, frequencies) * sigma)
        self.phase = nn.Parameter(torch.rand(count, frequencies))
        bound = 1 / math.sqrt(frequencies)
        self.weight = nn.Parameter(torch.empty(count, frequencies, width - 1).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(count, width - 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors (B, numbers * (width - 1)), without x itself."""
        numbers = x.index_select(1, self.columns).unsqueeze(2)  # (B, F, 1)
        waves = torch.cos(2 * math.pi * (numbers * self.frequency + self.phase))  # (B, F, k)
        return (torch.einsum("bfk,fkd->bfd", waves, self.weight) + self.bias).flatten(1)  # (B, F * d)


class TableInputs(nn.Module):
    """The columns of a table as one vector: the plain ones, the vectors of the numbers, those of the embedded codes.

    The vector of an unseen label (the last of each table) starts at zero.
    """

    def __init__(self, columns: int, sizes: Sequence[int], numbers: PeriodicNumbers | None = None) -> None:
        super().__init__()
        self.columns = columns
        self.numbers = numbers
        tables = [embedding(size) for size in sizes]
        self.codes = nn.ModuleList(tables)
        self.width = columns + sum(table.embedding_dim for table in tables)
        self.width += numbers.bias.numel() if numbers is not None else 0

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, width)."""
        parts = [x[:, : self.columns]]
        if self.numbers is not None:
            parts.append(self.numbers(x))
        codes = x[:, self.columns :].long()
        parts += [table(codes[:, column]) for column, table in enumerate(self.codes)]
        return torch.cat(parts, 1)


def embedding(size: int) -> nn.Embedding:
    """Build a table of vectors of dimension min(50, 1.6 size^0.56), as in fastai, from N(0, 1 / dimension)."""
    dimension = max(1, min(50, round(1.6 * size**0.56)))
    table = nn.Embedding(size, dimension, _weight=torch.randn(size, dimension) / math.sqrt(dimension))
    with torch.no_grad():
        table.weight[-1] = 0
    return table


def number_columns(schema: Schema) -> list[int]:
    """Return the positions in x of the numbers and dates: what is not one-hot, a flag, a word or a code."""
    found, position = [], 0
    for kind in schema.inputs.values():
        if isinstance(kind, Number | Date):
            found.append(position)
        if not place(kind):
            position += kind.width
    return found


def mlp(
    schema: Schema,
    *,
    hidden: Sequence[int] | int = (128, 64),
    activation: str = "relu",
    dropout: float = 0.0,
    normalisation: str = "none",
    numbers: str = "plain",
    sigma: float = 0.1,
) -> nn.Sequential:
    """Build a chain of linear layers; a plain table goes straight into the first.

    Layers are named linear1, norm1, activation1, dropout1, linear2, ..., output, whichever of them exist.
    """
    widths = hidden_widths(hidden)
    activate = ACTIVATIONS[choice("activation", activation, ACTIVATIONS)]
    normalise = NORMALISATIONS[choice("normalisation", normalisation, NORMALISATIONS)]
    drop = share("dropout", dropout)
    network = nn.Sequential()
    columns = input_part(network, schema, choice("numbers", numbers, ("plain", "periodic")), positive("sigma", sigma))
    for index, width in enumerate(widths, 1):
        network.add_module(f"linear{index}", Linear(columns, width, bias=normalisation != "batch"))
        if normalise is not None:
            network.add_module(f"norm{index}", normalise(width))
        network.add_module(f"activation{index}", activate())
        if drop:
            network.add_module(f"dropout{index}", nn.Dropout(drop))
        columns = width
    network.add_module("output", nn.Linear(columns, schema.outputs))
    return network


def input_part(network: nn.Sequential, schema: Schema, numbers: str, sigma: float) -> int:
    """Add what stands before the first linear layer, where anything must, and return the number of its columns."""
    if schema.image is not None:
        if numbers != "plain":
            raise UsageError(f"numbers={numbers!r} is for tables, and the data are images. Leave it out.")
        network.add_module("flatten", nn.Flatten())
        return math.prod(schema.shape)
    (columns,) = schema.shape
    places = number_columns(schema) if numbers == "periodic" else []
    if not places and not schema.embedded:
        return columns
    vectors = PeriodicNumbers(places, sigma) if places else None
    inputs = TableInputs(columns - len(schema.embedded), schema.embedded, vectors)
    network.add_module("inputs", inputs)
    return inputs.width


def hidden_widths(hidden: Sequence[int] | int) -> list[int]:
    """Return the widths of the hidden layers as a list. Raises UsageError where they are not whole numbers."""
    if isinstance(hidden, str):
        raise UsageError(f"hidden must be the widths of the layers, as in [128, 64], not {hidden!r}.")
    return [whole("hidden", width) for width in (hidden if isinstance(hidden, Sequence) else [hidden])]


NETWORKS = {
    "mlp": Network(
        "mlp",
        "multilayer perceptron: any number of hidden layers",
        "any",
        mlp,
        {
            "hidden": "the widths of the hidden layers, as in [128, 64]; [] is a linear network",
            "activation": "one of " + ", ".join(ACTIVATIONS),
            "dropout": "the share of hidden units silenced while training, at least 0 and below 1",
            "normalisation": "none, batch or layer, before each activation",
            "numbers": "plain, or periodic: each number of a table also becomes a learnt vector of waves",
            "sigma": "with numbers=periodic, the spread of the first frequencies",
        },
        "Rumelhart, Hinton and Williams 1986; numbers: Gorishniy et al. 2022 (2203.05556), "
        "Holzmüller et al. 2024 (2407.04491)",
    )
}
