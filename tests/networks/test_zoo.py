"""The zoo as backbones, at other sizes, with other outputs, and in ONNX."""

import re
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from profundo.errors import UsageError
from profundo.networks import NETWORKS, build, zoo
from profundo.networks.backbone import backbone, maps, shapes
from profundo.networks.cost import unfilled
from profundo.networks.published import PUBLISHED
from profundo.schema import Boxes, Number, Schema

QUICK = ("lecun1989", "resnet20", "squeezenet1_1", "mobilenet_v1")  # to export to ONNX
EVERY = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in zoo.NETWORKS]
STEMMED = [name for name, row in zoo.NETWORKS.items() if "stem" in row.options]


def bare(name, schema, **options) -> nn.Module:
    """A network without numbers."""
    return unfilled(partial(NETWORKS[name].make, schema, **options)).eval()


def on_meta(schema) -> torch.Tensor:
    return torch.zeros(1, *schema.shape, device="meta")


def settled(network, x) -> nn.Module:
    """A network whose normalisations have seen x, so that its outputs are neither all alike nor huge."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        network.train()(x)
    return network.eval()


@pytest.mark.parametrize("name", zoo.NETWORKS)
@pytest.mark.parametrize("size", [(64, 64), (40, 33), (160, 96)])
def test_maps_become_smaller_and_nothing_changes_them(name, size, pictures):
    schema = pictures(3, *size)
    network = bare(name, schema)
    if isinstance(network, nn.Sequential):
        network = backbone(NETWORKS[name], schema).to("meta")
    found = maps(network, on_meta(schema))
    sides = [m.shape[2] * m.shape[3] for m in found]
    assert sides == sorted(set(sides), reverse=True)
    assert name in ("lecun1989", "lenet1") or len(found) >= 2
    assert all(m.dim() == 4 and m._version == 0 for m in found)


@pytest.mark.parametrize("name", ["resnet20", "squeezenet1_1", "densenet121", "mobilenet_v1", "vgg11", "googlenet"])
def test_a_backbone_is_the_network_without_its_top(name, pictures):
    schema = pictures(3, 40, 33)
    whole = build(name, schema, seed=1).eval()
    eyes = backbone(NETWORKS[name], schema).eval()
    head = NETWORKS[name].head
    names = {k for k in whole.state_dict() if not k.startswith(tuple(f"{top}." for top in NETWORKS[name].top))}
    assert eyes.state_dict().keys() == names and f"{head}.weight" not in names
    eyes.load_state_dict({k: v for k, v in whole.state_dict().items() if k in names})
    x = torch.randn(2, 3, 40, 33)
    for mine, its in zip(maps(eyes, x), maps(whole, x), strict=True):
        assert torch.equal(mine, its)
    assert shapes(eyes, schema) == [tuple(m.shape[1:]) for m in maps(whole, x)]
    whole(x)


@pytest.mark.parametrize("name", STEMMED)
@pytest.mark.parametrize("stem", ["small", "large"])
def test_the_least_size_is_the_least_and_smaller_ones_are_advised(name, stem, pictures):
    with pytest.raises(UsageError, match="--size") as caught:
        bare(name, pictures(3, 1, 1), stem=stem)
    least = int(re.search(r"at least (\d+)", str(caught.value))[1])
    schema = pictures(3, least, least + 1, labels=5)
    assert bare(name, schema, stem=stem)(on_meta(schema)).shape == (1, 5)
    with pytest.raises(UsageError, match=f"--size {least}"):
        bare(name, pictures(3, least + 5, least - 1), stem=stem)
    assert least <= 32 or (stem == "large" and least <= 75)


@pytest.mark.parametrize("name", STEMMED)
def test_from_75_pixels_up_the_weights_are_those_of_the_published_size(name, pictures):
    entry = PUBLISHED[name]
    published = bare(name, pictures(3, entry.pixels, entry.pixels, labels=10)).state_dict()
    other = bare(name, pictures(3, 80, 75, labels=10)).state_dict()
    assert {k: v.shape for k, v in other.items()} == {k: v.shape for k, v in published.items()}
    large = bare(name, pictures(3, 76, 76, labels=10), stem="large").state_dict()
    assert {k: v.shape for k, v in large.items()} == {k: v.shape for k, v in published.items()}


@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_the_head_gives_the_outputs(name, pictures):
    row = zoo.NETWORKS[name]
    head = bare(name, pictures(3, 64, 64, labels=7)).get_submodule(row.head or "output")
    assert isinstance(head, nn.Linear | nn.Conv2d) and head.weight.shape[0] == 7


@pytest.mark.filterwarnings("ignore:.*treespec:FutureWarning")
@pytest.mark.parametrize("name", EVERY)
def test_onnx_gives_equal_outputs(name, pictures, tmp_path):
    """To 1e-4 of the largest output, or, where PyTorch errs by more than a quarter of that, to 4 times its error."""
    onnxruntime = pytest.importorskip("onnxruntime")
    side = 48 if name.startswith("inception") else 28  # so that their last maps have more than one pixel
    schema = pictures(3, side, side)
    x = torch.randn(16, *schema.shape, generator=torch.Generator().manual_seed(0))
    network, x = settled(build(name, schema), x), x[:2]
    path = tmp_path / "network.onnx"
    torch.onnx.export(network, (x,), path, dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    with torch.inference_mode():
        expected = network(x).numpy()
        exact = network.double()(x.double()).numpy()
    scale = np.abs(exact).max()
    rounding = np.abs(expected - exact).max() / scale  # of float32, which 150 layers of random numbers blow up
    assert expected.std() > 1e-4 and rounding < 1e-3
    assert np.abs(found - exact).max() / scale <= max(1e-4, 4 * rounding)


def test_outputs_that_may_be_negative_have_no_relu_after_them(pictures):
    image = pictures(3, 32, 32).inputs
    numbers = Schema(image, {"age": Number(), "height": Number()})
    boxes = Schema(image, {"box": Boxes(("a", "b"), single=True)})
    x = torch.randn(8, 3, 32, 32)
    for schema in (numbers, boxes):
        assert build("squeezenet1_1", schema).eval()(x).min() < 0
    assert build("squeezenet1_1", pictures(3, 32, 32)).eval()(x).min() >= 0


def test_options_of_the_families(pictures):
    schema = pictures(3, 32, 32)
    batch = build("vgg11", schema, normalisation="batch").state_dict()
    assert batch["features.1.running_mean"].shape == (64,) and "features.4.weight" in batch
    thin = build("mobilenet_v1", schema, width=0.25)
    assert thin.classifier.in_features == 256 and thin.conv_stem.out_channels == 8
    quiet = build("resnet20", schema, zero_init=True)
    assert all(not block.bn2.weight.any() for stage in (quiet.layer1, quiet.layer2) for block in stage)
    assert build("resnet18", schema).conv1.kernel_size == (3, 3)
    assert build("resnet18", schema, stem="large").conv1.kernel_size == (7, 7)
    with pytest.raises(UsageError, match="stem"):
        build("resnet18", schema, stem="smal")


def test_the_shortcut_without_parameters(pictures):
    """Every second pixel, and as many maps of zeros before the maps as behind them."""
    shortcut = build("resnet20", pictures(3, 32, 32)).layer2[0].downsample
    x = torch.randn(2, 16, 6, 6)
    found = shortcut(x)
    assert torch.equal(found[:, 8:24], x[:, :, ::2, ::2])
    assert not found[:, :8].any() and not found[:, 24:].any() and found.shape[1] == 32


def test_lecun1989_has_a_bias_for_each_unit_and_a_second_layer_of_2400_weights(pictures):
    network = build("lecun1989", pictures(1, 16, 16))
    counts = {name: sum(p.numel() for p in layer.parameters()) for name, layer in network.named_children()}
    assert {k: v for k, v in counts.items() if v} == {
        "conv1": 300, "bias1": 768, "conv2": 2_400, "bias2": 192, "linear1": 5_790, "output": 310,
    }  # fmt: skip
    assert network.border1.value == pytest.approx(-2)  # black: (0 - mean) / std
    assert network.conv1.weight.abs().max() <= 2.4 / 25


@pytest.mark.parametrize("name", QUICK)
def test_channels_last_and_bfloat16_give_nearly_the_same(name, pictures):
    schema = pictures(3, 32, 32)
    x = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    network = settled(build(name, schema), x)
    plain = network(x)
    network = network.to(memory_format=torch.channels_last)
    last = x.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(network(last), plain, rtol=1e-4, atol=1e-5)
    with torch.autocast("cpu", torch.bfloat16):
        short = network(last).float()
    assert torch.corrcoef(torch.stack([short.flatten(), plain.flatten()]))[0, 1] > 0.95
