"""Receptive fields are those of arithmetic, and top examples those of brute force."""

import numpy as np
import pytest
import torch
from torch import nn

from profundo.errors import UsageError
from profundo.inside.activity import dead_units, top
from profundo.inside.field import fields
from profundo.inside.hooks import layers_of
from profundo.inside.opened import opened
from profundo.networks import build
from profundo.schema import Category, Image, Schema

SCHEMA = Schema({"image": Image(1, 28, 28, (0.5,), (0.25,))}, {"label": Category(tuple("ab"))})


def arithmetic(layers, upto, place, size):
    """Where a place of a layer in a chain looks, by the sizes, steps and paddings of the layers up to it."""
    begin = end = place
    for layer in reversed(layers[: upto + 1]):
        kernel, step, border = (getattr(layer, name, None) for name in ("kernel_size", "stride", "padding"))
        if kernel is None:
            continue
        kernel, step, border = (v[0] if isinstance(v, tuple) else v for v in (kernel, step, border))
        begin, end = begin * step - border, end * step - border + kernel - 1
    return max(0, begin), min(size, end + 1)


@pytest.mark.parametrize("name", ["convnet", "lenet5"])
def test_fields_of_chains_are_those_of_arithmetic_at_every_place(name):
    network = build(name, SCHEMA)
    x = torch.randn(1, 1, 28, 28)
    chain = layers_of(network)
    said = x
    for upto, (own, layer) in enumerate(chain.items()):
        with torch.no_grad():
            said = layer.eval()(said)
        if said.dim() != 4:
            break
        found = fields(network, x, own)
        for axis in (0, 1):
            for place in range(said.shape[2 + axis]):
                assert found[axis].of(place) == arithmetic(list(chain.values()), upto, place, 28), (own, place)


def test_the_field_of_a_branch_and_a_shortcut_is_that_of_the_farthest_path():
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.near, self.far = nn.Conv2d(1, 2, 1), nn.Conv2d(1, 2, 7, padding=3)
            self.after = nn.Identity()

        def forward(self, x):
            return self.after(self.near(x) + self.far(x))

    height, width = fields(Both(), torch.randn(1, 1, 20, 20), "after")
    assert (
        [height.of(place) for place in (0, 10, 19)] == [(0, 4), (7, 14), (16, 20)] == [width.of(p) for p in (0, 10, 19)]
    )


def test_layers_without_maps_have_no_field():
    assert fields(build("convnet", SCHEMA), torch.randn(1, 1, 28, 28), "output") is None


def test_top_examples_are_those_of_brute_force(digits_run):
    run = opened(digits_run)
    rows = run.data.positions("test")
    network, name = run.trained.network, "stage2.activation1"
    with torch.no_grad():
        x = run.data.gather(rows).x
        for own, layer in layers_of(network).items():
            x = layer(x)
            if own == name:
                break
    best = x[:, 3].amax((1, 2))
    found = top(network, run.data, rows, name, 3)
    assert [each.value for each in found] == pytest.approx(best.sort(descending=True).values[:9].tolist(), rel=1e-5)
    for each in found:
        place = int((rows == each.position).nonzero()[0, 0])
        assert float(x[place, 3, *each.place]) == pytest.approx(each.value, rel=1e-5)


def test_steps_after_the_end_of_a_text_are_not_answered_to(texts_run):
    run = opened(texts_run)
    rows = run.data.positions("test")
    for unit in range(6):
        for each in top(run.trained.network, run.data, rows, "recurrent.cells.0", unit):
            assert each.place[0] < int((run.data.x[each.position] != 0).sum())


def test_a_unit_that_never_moves_is_dead(digits_run):
    run = opened(digits_run)
    name = "stage1.activation1"
    assert not dead_units(run.trained.network, run.data, run.data.positions("test")[:64])[name].any()
    norm = run.trained.network.get_submodule("stage1.norm1")
    before = norm.bias.detach().clone()
    try:
        with torch.no_grad():
            norm.bias[5] = -1000.0
        found = dead_units(run.trained.network, run.data, run.data.positions("test")[:64])[name]
    finally:
        with torch.no_grad():
            norm.bias.copy_(before)
    assert np.flatnonzero(found).tolist() == [5]


def test_unknown_layers_and_units_are_told_with_the_nearest(digits_run):
    run = opened(digits_run)
    rows = run.data.positions("test")[:8]
    with pytest.raises(UsageError, match=r"Did you mean 'stage1\.conv1'"):
        top(run.trained.network, run.data, rows, "stage1.conv", 0)
    with pytest.raises(UsageError, match="the units 0 to 15"):
        top(run.trained.network, run.data, rows, "stage1.conv1", 16)
