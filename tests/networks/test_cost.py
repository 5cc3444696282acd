"""What networks cost: the counts of the lecture's table, of the papers and of torchvision; depth and arithmetic."""

from functools import partial

import pytest
import torch
from torch import nn

from profundo.networks import NETWORKS
from profundo.networks.cost import cost, unfilled
from profundo.networks.published import KERAS, PUBLISHED, keras_parameters

# torchvision's documentation: parameters, and thousand million multiply-adds (mobilenet_v1, xception and
# inception_resnet_v2: timm; the ResNets of CIFAR-10: the paper has 0.27, 0.46, 0.66, 0.85 and 1.7 million; lecun1989:
# the paper). The depth is what the networks are called after, where they are called after it.
COSTS = {
    "lecun1989": (9_760, 4, None),
    "alexnet": (61_100_840, 8, 0.714),
    "vgg11": (132_863_336, 11, 7.609),
    "vgg13": (133_047_848, 13, 11.308),
    "vgg16": (138_357_544, 16, 15.470),
    "vgg19": (143_667_240, 19, 19.632),
    "googlenet": (6_624_904, 22, 1.498),
    "inception_v3": (23_834_568, 48, 5.713),
    "inception_resnet_v2": (55_843_464, None, None),
    "resnet18": (11_689_512, 18, 1.814),
    "resnet34": (21_797_672, 34, 3.664),
    "resnet50": (25_557_032, 50, 4.089),
    "resnet101": (44_549_160, 101, 7.801),
    "resnet152": (60_192_808, 152, 11.514),
    "resnet20": (269_722, 20, None),
    "resnet32": (464_154, 32, None),
    "resnet44": (658_586, 44, None),
    "resnet56": (853_018, 56, None),
    "resnet110": (1_727_962, 110, None),
    "resnext50_32x4d": (25_028_904, 50, 4.230),
    "resnext101_32x8d": (88_791_336, 101, 16.414),
    "resnext101_64x4d": (83_455_272, 101, 15.460),
    "densenet121": (7_978_856, 121, 2.834),
    "densenet169": (14_149_480, 169, 3.360),
    "densenet201": (20_013_928, 201, 4.291),
    "xception": (22_855_952, None, None),
    "mobilenet_v1": (4_231_976, 28, None),
    "squeezenet1_0": (1_248_424, 18, 0.819),
    "squeezenet1_1": (1_235_496, 18, 0.349),
}


def made(name, pictures) -> nn.Module:
    """A network of the zoo for what it was published for, without numbers."""
    entry = PUBLISHED[name]
    schema = pictures(entry.channels, entry.pixels, entry.pixels, labels=entry.labels)
    return unfilled(partial(NETWORKS[name].make, schema))


@pytest.mark.parametrize("name", COSTS)
def test_parameters_depth_and_arithmetic_as_published(name, pictures):
    entry, (parameters, depth, multiply_adds) = PUBLISHED[name], COSTS[name]
    found = cost(made(name, pictures), (entry.channels, entry.pixels, entry.pixels))
    assert found.parameters == parameters
    assert depth in (None, found.depth)
    assert multiply_adds in (None, round(found.multiply_adds / 1e9, 3))


@pytest.mark.parametrize("name", KERAS)
def test_the_table_of_the_lecture(name, pictures):
    """Parameters exactly; the table's megabytes are those of files, which hold up to 3 MB more than parameters."""
    row = KERAS[name]
    counted = keras_parameters(made(name, pictures), biased=row.biased, scaled=row.scaled)
    assert counted == row.parameters
    assert -1 < row.megabytes - counted * 4 / 2**20 < 3


def test_the_megabytes_of_vgg16_are_528(pictures):
    assert round(cost(made("vgg16", pictures), (3, 224, 224)).megabytes) == 528


class Branching(nn.Module):
    """Two ways of one and three weighted layers."""

    def __init__(self):
        super().__init__()
        self.short = nn.Conv2d(2, 4, 1)
        self.long = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.ReLU(), nn.ConvTranspose2d(2, 6, 2, 2))
        self.pool = nn.MaxPool2d(2)
        self.last = nn.Linear(10, 3)

    def forward(self, x):
        x = torch.cat([self.short(x), self.pool(self.long(x))], 1)
        return self.last(x.mean((2, 3)))


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_the_longest_way_and_the_products_of_each_layer(device):
    network = Branching().to(device)
    found = cost(network, (2, 8, 8))
    assert found.depth == 3
    assert found.multiply_adds == 64 * 2 * 4 + 64 * 2 * 2 * 9 + 64 * 2 * 6 * 4 + 10 * 3
    assert found.parameters == sum(p.numel() for p in network.parameters())
    assert network.training


def test_a_network_without_numbers_has_the_shapes_of_the_real_one(pictures):
    schema = pictures(3, 32, 32)
    for name in ("resnet20", "lecun1989", "squeezenet1_1"):
        bare, real = unfilled(partial(NETWORKS[name].make, schema)), NETWORKS[name].make(schema)
        assert all(t.is_meta for t in bare.state_dict().values())
        assert {k: v.shape for k, v in bare.state_dict().items()} == {k: v.shape for k, v in real.state_dict().items()}
