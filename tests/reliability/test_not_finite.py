"""A number that is not finite, in the data, the loss or the gradient, stops the training within a step: the message
names step, learning rate and row, and no resume point ever holds it."""

import math
import re
from dataclasses import dataclass, field, replace

import pytest
import torch
from torch import nn

from profundo.batch import WHOLE, Batch, cuts
from profundo.errors import CheckFailed
from profundo.loop import training
from profundo.recipe import Recipe
from profundo.run import Run
from profundo.schema import Schema
from profundo.tasks.task import Loss, Prediction

ROWS, SIZE = 40, 8
PER_EPOCH = ROWS // SIZE
EPOCHS = 6


@dataclass
class Rows:
    """Rows in the source's order; in the epoch and step of `spoilt`, one of them holds `value`."""

    spoilt: int | None = None
    value: float = math.nan
    validation: bool = True
    schema: Schema = field(default_factory=Schema)

    def count(self, split):
        return ROWS if split == "train" else SIZE if split == "validation" and self.validation else 0

    def batches(self, split, *, size, epoch=0, shard=WHOLE, learner=None):
        x = torch.linspace(-1, 1, ROWS * 3).reshape(ROWS, 3)
        for step, (begin, end) in enumerate(cuts(self.count(split), size)):
            batch = Batch(x[begin:end], x[begin:end].sum(1), torch.arange(begin, end) + 100)
            if split == "train" and epoch * PER_EPOCH + step == self.spoilt:
                changed = batch.x.clone()
                changed[2, 1] = self.value
                batch = replace(batch, x=changed)
            yield batch


class Infinite(torch.autograd.Function):
    """x, with a gradient that is not finite."""

    @staticmethod
    def forward(context, x):
        return x.clone()

    @staticmethod
    def backward(context, gradient):
        return gradient * math.inf * 0


@dataclass
class Squares:
    """Mean squared error; at step `loss_at` it is times `value`, at step `gradient_at` its gradient is not finite."""

    loss_at: int | None = None
    gradient_at: int | None = None
    value: float = math.nan
    measures: bool = True
    step: int = -1
    parts = ("",)

    def losses(self, network, batch):
        self.step += 1
        value = (network(batch.x).squeeze(1) - batch.y).square().mean()
        if self.step == self.loss_at:
            value = value * self.value
        yield Loss(Infinite.apply(value) if self.step == self.gradient_at else value)

    def validate(self, network, batches):
        (batch,) = batches
        return {"loss": float((network(batch.x).squeeze(1) - batch.y).square().mean())}

    def predict(self, network, x):
        return Prediction(network(x).numpy())

    def metrics(self):
        return ()


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 1))


def train(folder, data, task, **recipe):
    folder.mkdir()
    options = {"epochs": EPOCHS, "batch_size": SIZE, "lr": 0.01, "schedule": "constant", "average": 0.9, "threads": 1}
    made = Recipe(**{**options, "save_every": 0, "precision": "float32", **recipe})
    for _ in training(network(), data, task, made, Run(folder)):
        pass


def resume_point(folder):
    """The step of the resume point that stands there, after a check that every number in it is finite."""
    stored = Run(folder).load_resume()
    if stored is None:
        return 0
    tensors, state = stored
    assert all(torch.isfinite(t).all() for t in tensors.values() if t.is_floating_point())
    return state["step"]


STEPS = (0, 1, 4, 5, 13, 29)  # the first, the ends of epochs, the last


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_in_the_data(step, value, tmp_path):
    with pytest.raises(CheckFailed) as stop:
        train(tmp_path / "run", Rows(spoilt=step, value=value), Squares())
    row = 100 + step % PER_EPOCH * SIZE + 2
    assert re.search(rf"at step {step + 1} .*learning rate 0\.01: it comes from row {row} of", str(stop.value))
    assert resume_point(tmp_path / "run") == step
    assert not (tmp_path / "run" / "best.safetensors").exists()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_in_the_loss(step, value, tmp_path):
    with pytest.raises(CheckFailed) as stop:
        train(tmp_path / "run", Rows(), Squares(loss_at=step, value=value))
    found = re.search(r"the loss became (\S+) at step (\d+) .*learning rate 0\.01: no single row", str(stop.value))
    assert found is not None and found.groups() == (str(value), str(step + 1))
    assert resume_point(tmp_path / "run") == step


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("recipe", [{}, {"clip": 1.0}, {"optimizer": "sgd"}, {"accumulate": 2}], ids=str)
def test_in_the_gradient(step, recipe, tmp_path):
    """The loss of that step is finite; the weights after it are not, and that is seen before the next is taken."""
    at = step * recipe.get("accumulate", 1)
    with pytest.raises(CheckFailed) as stop:
        train(tmp_path / "run", Rows(), Squares(gradient_at=at), **recipe)
    last_of_epoch = (step + 1) % PER_EPOCH == 0
    seen = step + 1 if last_of_epoch else step + 2
    assert re.search(rf"step {seen}\b.*learning rate 0\.01", str(stop.value))
    assert "--clip" in str(stop.value)
    assert resume_point(tmp_path / "run") == step


@pytest.mark.parametrize("step", [0, 14, 29])
def test_in_the_gradient_where_nothing_is_measured(step, tmp_path):
    """Without a validation part, the end of the epoch looks at the weights themselves."""
    with pytest.raises(CheckFailed):
        train(tmp_path / "run", Rows(validation=False), Squares(gradient_at=step))
    assert resume_point(tmp_path / "run") == step
    assert not (tmp_path / "run" / "weights.safetensors").exists()


def test_a_run_that_goes_on_after_the_cause_is_repaired_ends_as_if_it_had_never_been(tmp_path):
    train(tmp_path / "whole", Rows(), Squares())
    with pytest.raises(CheckFailed):
        train(tmp_path / "run", Rows(spoilt=13), Squares())
    (tmp_path / "run").rename(tmp_path / "stopped")
    for _ in training(
        network(), Rows(), Squares(),
        Recipe(epochs=EPOCHS, batch_size=SIZE, lr=0.01, schedule="constant", average=0.9, threads=1, save_every=0,
               precision="float32"),
        Run(tmp_path / "stopped"),
    ):  # fmt: skip
        pass
    whole, again = ((tmp_path / n / "best.safetensors").read_bytes() for n in ("whole", "stopped"))
    assert whole == again
