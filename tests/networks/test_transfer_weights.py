"""Weights of one network in another: names, channels, heads, and what is said where nothing fits."""

import pytest
import torch
from torch import nn

from profundo.errors import UsageError
from profundo.networks import NETWORKS, build
from profundo.networks.transfer import LinearHead, head_of, load_matching, put_head, to_channels
from profundo.schema import Category, Image, Schema


def pictures(labels=3, channels=3, side=32):
    kinds = {"label": Category(tuple("abcdefgh"[:labels]))}
    return Schema({"picture": Image(channels, side, side, (0.5,) * channels, (0.2,) * channels)}, kinds)


def test_a_body_is_loaded_and_the_head_begins_anew():
    source, network = build("convnet", pictures(3), seed=1), build("convnet", pictures(5), seed=2)
    own = network.get_submodule("output").weight.clone()
    match = load_matching(network, source.state_dict(), head="output")
    assert set(match.anew) == set(match.unused) == {"output.weight", "output.bias"} and not match.adapted
    theirs = source.state_dict()
    assert all(torch.equal(network.state_dict()[name], theirs[name]) for name in match.loaded)
    assert torch.equal(network.get_submodule("output").weight, own)


def test_a_head_of_the_same_size_is_kept_only_when_it_answers_the_same():
    source = build("convnet", pictures(3), seed=1)
    for keep in (False, True):
        network = build("convnet", pictures(3), seed=2)
        load_matching(network, source.state_dict(), head="output", keep_head=keep)
        assert torch.equal(network.get_submodule("output").weight, source.get_submodule("output").weight) == keep


@pytest.mark.parametrize(("theirs", "ours"), [(3, 1), (1, 3), (3, 4)])
def test_other_channels_see_a_grey_picture_as_before(theirs, ours):
    source = build("convnet", pictures(channels=theirs), seed=1).eval()
    network = build("convnet", pictures(channels=ours), seed=2).eval()
    match = load_matching(network, source.state_dict(), head="")
    assert match.adapted == ("stage1.conv1.weight",) and not match.anew
    grey = torch.randn(2, 1, 32, 32)
    seen, before = network(grey.expand(-1, ours, -1, -1)), source(grey.expand(-1, theirs, -1, -1))
    torch.testing.assert_close(seen, before, rtol=1e-4, atol=1e-4)


def test_kernels_keep_their_sum():
    kernels = torch.randn(4, 3, 5, 5)
    assert torch.allclose(to_channels(kernels, 1), kernels.sum(1, keepdim=True))
    assert torch.allclose(to_channels(to_channels(kernels, 1), 3).sum(1), kernels.sum(1), atol=1e-6)


def test_a_classifier_fits_a_backbone_and_back():
    class Finder(nn.Module):
        def __init__(self, seed):
            super().__init__()
            self.backbone, self.boxes = build("convnet", pictures(), seed=seed), nn.Linear(3, 4)

    classifier, finder = build("convnet", pictures(), seed=1), Finder(2)
    match = load_matching(finder, classifier.state_dict())
    assert set(match.anew) == {"boxes.weight", "boxes.bias"}
    assert torch.equal(finder.backbone.get_submodule("output").weight, classifier.get_submodule("output").weight)
    again = build("convnet", pictures(), seed=3)
    assert set(load_matching(again, finder.state_dict()).unused) == {"boxes.weight", "boxes.bias"}


def test_nothing_that_fits_is_an_error_with_advice():
    with pytest.raises(UsageError, match="--network"):
        load_matching(build("convnet", pictures()), build("lenet5", pictures(channels=1)).state_dict())


def test_a_head_that_scores_maps_gives_way_to_one_on_their_means():
    schema = pictures(side=64)
    network = build("squeezenet1_1", schema).eval()
    name = head_of(NETWORKS["squeezenet1_1"], network)
    assert name == "classifier.1"
    head = LinearHead(512, 3)
    put_head(network, name, head)
    x = torch.randn(2, 3, 64, 64)
    expected = head(network.features(x).mean((2, 3)))
    torch.testing.assert_close(network(x), expected)


def test_the_head_of_a_sequential_is_its_last_layer_with_weights():
    assert head_of(NETWORKS["convnet"], build("convnet", pictures())) == "output"
