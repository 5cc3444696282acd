"""The course of a training, as the run folder tells it: the looks, the epochs, the plan. What the rules read."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Layer = Mapping[str, Any]
SQUARE_ROOT_OF_2 = {"relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus"}  # half the signal is lost
FEW = 4  # points that a curve needs to be read
SINGLE = 4  # layers of fewer units are too small for shares


@dataclass(frozen=True)
class Course:
    """Lines of vitals.jsonl (in the order of epochs), lines of progress.jsonl, and what the plan says.

    `facts` holds `recipe`, `network_options` and, where the training broke off, `failure`.
    """

    vitals: Sequence[Mapping[str, Any]]
    progress: Sequence[Mapping[str, Any]]
    facts: Mapping[str, Any]

    @property
    def first(self) -> Mapping[str, Any]:
        """The look before training."""
        return self.vitals[0]

    @property
    def last(self) -> Mapping[str, Any]:
        """The last look."""
        return self.vitals[-1]

    @property
    def failed(self) -> bool:
        """Whether the loss or the weights became infinite."""
        return bool(self.facts.get("failure"))

    @cached_property
    def train(self) -> list[float]:
        """The training loss of each epoch, infinite where it is not a number."""
        return [number(line.get("train_loss")) for line in self.progress]

    @cached_property
    def curve(self) -> list[float]:
        """The training loss by epoch; of a training of few epochs, by stretches of an epoch where they are stored."""
        stretches = [number(v) for line in self.progress for v in line.get("losses") or ()]
        return stretches if len(self.train) < FEW and len(stretches) > len(self.train) else self.train

    @cached_property
    def validation(self) -> list[float]:
        """The validation loss of each epoch; empty where there is none."""
        found = [line.get("validation_loss") for line in self.progress]
        return [] if not found or found[0] is None else [number(v) for v in found]

    @property
    def constant(self) -> float:
        """The loss of the best constant answer; the first one of the training where that is 0 (the perceptron's)."""
        found = number(self.first.get("constant_loss"))
        return found if found > 0 else self.train[0] if self.train else math.inf

    @property
    def zero(self) -> float:
        """The loss of an answer of zeros: about what a fresh network should have."""
        return number(self.first.get("zero_loss"))

    @cached_property
    def remaining(self) -> float:
        """The smallest loss of an epoch, in shares of the constant answer's; infinite where there is none."""
        reached = min([*self.train, *self.validation], default=math.inf)
        return reached / self.constant if self.constant > 0 else math.inf

    @property
    def hidden(self) -> list[Layer]:
        """The layers with weights before training, without the last."""
        return list(self.first["layers"][:-1])

    @property
    def zeros(self) -> list[str]:
        """The layers whose weights were all zero before training."""
        return [layer["name"] for layer in self.first["layers"] if layer["weight"] == 0]

    @property
    def lr(self) -> float | None:
        """The learning rate of the recipe."""
        found = self.facts.get("recipe", {}).get("lr")
        return None if found is None else float(found)

    def over_epochs(self, layer: str, figure: str) -> dict[str, Any]:
        """Return a figure of a layer over the looks, as a plot."""
        points = [
            (look["epoch"], row.get(figure)) for look in self.vitals for row in look["layers"] if row["name"] == layer
        ]
        x, y = [e for e, v in points if v is not None], [v for _, v in points if v is not None]
        return {"x": x, "y": y, "x_name": "epoch", "y_name": f"{figure} in {layer}"}

    def loss_plot(self) -> dict[str, Any]:
        """Return the loss by epoch as a plot: validation where there is one, with the look before training first."""
        losses = self.validation or self.train
        x, y = list(range(1, len(losses) + 1)), list(losses)
        if not losses:
            x, y = [v["epoch"] for v in self.vitals], [number(v.get("loss")) for v in self.vitals]
        kept = [(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(b)]
        name = "validation loss" if self.validation else "training loss"
        return {"x": [a for a, _ in kept], "y": [b for _, b in kept], "x_name": "epoch", "y_name": name}


def number(value: Any) -> float:
    """Return a stored number; what is missing was not finite, and is infinite here."""
    return math.inf if value is None else float(value)


def gain(layer: Layer) -> float | None:
    """Return by how much a layer's weights differ from the scale that keeps a signal's size; None where they are zero.

    The scale is variance 1 / inputs, and 2 / inputs before units that lose half of their signal (He et al. 2015).
    """
    if not layer.get("weight"):
        return None
    ideal = math.sqrt(2) if layer["activation"] in SQUARE_ROOT_OF_2 else 1.0
    return float(layer["weight"]) / math.sqrt(layer["units"]) / ideal


def short(value: float) -> str:
    """Write a number with two significant digits: 0.0031, 2.3, 9,300, 2e-8."""
    if value == 0 or 1e-3 <= abs(value) < 100:
        return f"{value:.2g}"
    if 100 <= abs(value) < 1e7:
        return f"{float(f'{value:.2g}'):,.0f}"
    digits, power = f"{value:.0e}".split("e")
    return f"{digits}e{int(power)}"
