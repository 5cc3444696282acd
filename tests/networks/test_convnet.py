"""The default network for images."""

import pytest
import torch

from profundo.errors import UsageError
from profundo.networks import build
from profundo.networks.convnet import poolings
from profundo.networks.layers import GlobalMaxPool2d


@pytest.mark.parametrize(
    ("channels", "height", "width"), [(1, 8, 8), (1, 28, 28), (3, 32, 32), (4, 64, 40), (3, 224, 224), (1, 1, 30)]
)
def test_every_size_of_picture(pictures, channels, height, width):
    network = build("convnet", pictures(channels, height, width))
    x = torch.randn(2, channels, height, width)
    assert network(x).shape == (2, 10)
    assert torch.allclose(network.eval()(x), network(x.contiguous(memory_format=torch.channels_last)), atol=1e-5)


def test_poolings_keep_three_pixels():
    assert [poolings(side) for side in (1, 5, 6, 8, 12, 28, 32, 112)] == [0, 0, 1, 1, 2, 3, 3, 5]


def test_stages_double_up_to_eight_times(pictures):
    network = build("convnet", pictures(3, 224, 224), width=4, depth=1)
    widths = [stage.conv1.out_channels for name, stage in network.named_children() if name.startswith("stage")]
    assert widths == [4, 8, 16, 32, 32]
    assert network.stage1.conv1.stride == (2, 2)


@pytest.mark.parametrize(("depth", "counts"), [(2, [1, 2, 2]), ([3], [3, 3, 3]), ((2, 1), [2, 1, 1])])
def test_depths_of_the_stages(pictures, depth, counts):
    network = build("convnet", pictures(3, 32, 32), width=4, depth=depth)
    stages = [
        [m for m in stage.modules() if isinstance(m, torch.nn.Conv2d)]
        for name, stage in network.named_children()
        if name.startswith("stage")
    ]
    assert [len(convolutions) for convolutions in stages] == counts
    assert [c.kernel_size[0] for c in stages[0]] == [5, 3, 3][: counts[0]]
    assert network(torch.randn(2, 3, 32, 32)).shape == (2, 10)


@pytest.mark.parametrize("depth", [0, [], [2, 0], "2"])
def test_wrong_depths_are_named(pictures, depth):
    with pytest.raises(UsageError, match="depth must be a whole number"):
        build("convnet", pictures(), depth=depth)


@pytest.mark.parametrize("normalisation", ["none", "layer"])
def test_options(pictures, normalisation):
    network = build("convnet", pictures(), depth=3, normalisation=normalisation, dropout=0.2, activation="gelu")
    assert hasattr(network.stage2, "conv3") and hasattr(network.stage2, "norm1") == (normalisation == "layer")
    x = torch.randn(4, 1, 28, 28)
    assert not torch.equal(network(x), network(x))


def test_global_max_pool():
    pool = GlobalMaxPool2d()
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.equal(pool(x), x.flatten(2).max(2).values)
    assert torch.autograd.gradcheck(pool, x)


def test_mirrored_answers_are_those_of_the_mirror_image(pictures):
    schema = pictures(3, 16, 16)
    plain, mirrored = build("convnet", schema), build("convnet", schema, mirror=True)
    x = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert torch.equal(plain.train()(x), mirrored.train()(x))  # the same weights under the same names
    mirrored.load_state_dict(plain.state_dict())
    wanted = (plain.eval()(x) + plain(x.flip(3))) / 2
    assert torch.equal(mirrored.eval()(x), wanted)
    assert torch.allclose(mirrored(x), mirrored(x.flip(3)), atol=1e-6)
