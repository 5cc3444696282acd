"""Forecasting as a task: what is missing is not learnt, quantiles by the pinball loss, clear errors."""

import pytest
import torch

from profundo.batch import Batch
from profundo.errors import DataError, UsageError
from profundo.networks import build
from profundo.networks.horizon import QUANTILES, Level
from profundo.schema import Category, Number, Schema, Series
from profundo.tasks import build_task

PAST, FUTURE = Series(("a", "b"), 20, (0.0,) * 2, (1.0,) * 2), Series(("a", "b"), 5)
SCHEMA = Schema({"past": PAST}, {"future": FUTURE})


def batch(count=6):
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(count, steps, 2, generator=generator) for steps in (20, 5))
    return Batch(x, y, torch.arange(count))


def test_missing_steps_are_not_learnt():
    task, whole = build_task("forecasting", SCHEMA), batch()
    output = torch.zeros(6, 5, 2)
    expected = whole.y.square().flatten(1)
    assert torch.allclose(task.example_losses(output, whole.y), expected.mean(1))
    y = whole.y.clone()
    y[0, 1:, :] = torch.nan
    y[1] = torch.nan
    found = task.example_losses(output, y)
    assert torch.allclose(found[0], expected[0, :2].mean()) and found[1] == 0 and torch.isfinite(found).all()
    network = build("dlinear", SCHEMA)
    (loss,) = task.losses(network, Batch(whole.x, y, whole.ids))
    loss.value.backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())
    with torch.no_grad():
        measured = task.validate(network, iter([Batch(whole.x, y, whole.ids)]))
    assert measured.keys() == {"loss", "mse", "mae"} and measured["mse"] > 0


def test_the_pinball_loss_is_lowest_at_the_quantiles():
    task = build_task("forecasting", Schema({"past": PAST}, {"future": Series(("a",), 1)}))
    y = torch.randn(20_000, 1, 1, generator=torch.Generator().manual_seed(0))
    right = torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor(QUANTILES)).expand(20_000, 1, 1, 5)
    best = task.example_losses(right, y).mean()
    for moved in (right + 0.1, right - 0.1, right * 1.1, right * 0.9):
        assert task.example_losses(moved, y).mean() > best
    assert (task.points(right) == 0).all()


@pytest.mark.parametrize(("loss", "value"), [("mse", 4.0), ("l1", 2.0), ("huber", 1.5)])
def test_losses_by_name(loss, value):
    task = build_task("forecasting", SCHEMA, loss=loss)
    assert task.example_losses(torch.full((1, 5, 2), 2.0), torch.zeros(1, 5, 2)).item() == value


def test_what_does_not_fit_is_refused():
    with pytest.raises(UsageError, match="Did you mean 'huber'"):
        build_task("forecasting", SCHEMA, loss="hubber")
    with pytest.raises(UsageError, match=r"a forecast is \(batch, 5, 2\)"):
        build_task("forecasting", SCHEMA).example_losses(torch.zeros(3, 4, 2), torch.zeros(3, 5, 2))
    with pytest.raises(DataError, match="--forecast COLUMN"):
        build_task("forecasting", Schema({"a": Number()}, {"b": Category(("x", "y"))}))
    with pytest.raises(UsageError, match="gives forecast, and what is to be learnt is scores"):
        build("dlinear", Schema({"past": PAST}, {"b": Category(("x", "y"))}))
    with pytest.raises(UsageError, match="Use dlinear"):
        build("lstm", SCHEMA)


@pytest.mark.parametrize("name", ["nlinear", "mlp_forecaster", "gru_forecaster", "lstm_forecaster"])
def test_a_network_that_takes_the_level_off_follows_a_shifted_series(name):
    network, x = build(name, SCHEMA).eval(), batch().x
    assert torch.allclose(network(x + 7), network(x) + 7, atol=1e-4)
    scaled = build(name, SCHEMA, level="standard").eval()
    assert torch.allclose(scaled(x * 3 + 7), scaled(x) * 3 + 7, atol=1e-2)


def test_levels_go_off_and_on():
    past = batch().x
    for way in ("none", "last", "mean", "standard"):
        level = Level(way)
        assert torch.allclose(level.on(*level.off(past)), past, atol=1e-5)


def test_quantiles_never_cross():
    network = build("gru_forecaster", SCHEMA, quantiles=True)
    found = network(batch().x * 10)
    assert found.shape == (6, 5, 2, 5) and (found.diff(dim=-1) >= 0).all()
