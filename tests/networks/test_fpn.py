"""The feature pyramid."""

import pytest
import torch

from profundo.networks.fpn import FeaturePyramid


@pytest.mark.parametrize(("height", "width"), [(64, 64), (50, 70)])
def test_shapes_and_gradients(height, width):
    pyramid = FeaturePyramid((8, 16, 24), 12)
    sizes = [(-(-height // s), -(-width // s)) for s in (4, 8, 16)]
    maps = [torch.rand(2, c, *size) for c, size in zip((8, 16, 24), sizes, strict=True)]
    found = pyramid(maps)
    assert [m.shape for m in found] == [(2, 12, *size) for size in sizes]
    sum(m.square().sum() for m in found).backward()
    assert all(
        p.grad is not None and p.grad.abs().sum() > 0 for n, p in pyramid.named_parameters() if "0.bias" not in n
    )


def test_the_top_reaches_the_bottom():
    pyramid = FeaturePyramid((4, 4), 4, "none")
    maps = [torch.zeros(1, 4, 8, 8), torch.rand(1, 4, 4, 4, requires_grad=True)]
    pyramid(maps)[0].sum().backward()
    assert maps[1].grad.abs().sum() > 0
