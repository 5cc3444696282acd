"""Networks that score every pixel: FCN-32s, 16s, 8s and U-Net."""

import warnings

import pytest
import torch
import torch.nn.functional as F

from profundo.errors import UsageError
from profundo.networks import build
from profundo.networks.enlarge import BilinearConvTranspose2d, pad_to_multiple, resize
from profundo.schema import Category, Image, Mask, Schema

NAMES = ("fcn32s", "fcn16s", "fcn8s", "unet")


def scenes(height: int = 48, width: int = 64, labels: int = 5, channels: int = 3) -> Schema:
    image = Image(channels, height, width, (0.5,) * channels, (0.25,) * channels, "pad")
    return Schema({"image": image}, {"mask": Mask(tuple(map(str, range(labels))))})


@pytest.mark.parametrize("factor", [2, 3, 4, 8])
def test_the_transposed_convolution_starts_as_bilinear_interpolation(factor):
    x = torch.randn(2, 3, 5, 7)
    wanted = F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)
    torch.testing.assert_close(BilinearConvTranspose2d(3, factor)(x), wanted)
    torch.testing.assert_close(resize(x, (5 * factor, 7 * factor)), wanted)


def test_resize_equals_interpolate_at_any_size_and_keeps_the_upper_left():
    x = torch.randn(2, 3, 6, 5, requires_grad=True)
    wanted = F.interpolate(x, size=(17, 9), mode="bilinear", align_corners=False)[:, :, :15, :8]
    torch.testing.assert_close(resize(x, (17, 9), (15, 8)), wanted)
    torch.testing.assert_close(
        *(torch.autograd.grad(y.square().sum(), x)[0] for y in (resize(x, (17, 9), (15, 8)), wanted))
    )


def test_padding_reaches_a_multiple_at_the_right_and_below():
    x = torch.ones(1, 1, 5, 8)
    padded = pad_to_multiple(x, 4)
    assert padded.shape == (1, 1, 8, 8) and padded[:, :, :5].eq(1).all() and padded[:, :, 5:].eq(0).all()
    assert pad_to_multiple(x, 1) is x


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("height", "width"), [(48, 64), (45, 61), (100, 33)])
def test_scores_have_the_size_of_the_picture_whatever_it_is(name, height, width):
    network = build(name, scenes())
    assert network(torch.randn(2, 3, height, width)).shape == (2, 5, height, width)


@pytest.mark.parametrize("backbone", ["lenet5", "alexnet", "resnet20", "densenet121", "mobilenet_v1", "squeezenet1_1"])
def test_any_backbone_of_the_zoo(backbone):
    network = build("fcn8s", scenes(64, 96), backbone=backbone).eval()
    with torch.no_grad():
        assert network(torch.randn(1, 3, 64, 96)).shape == (1, 5, 64, 96)
        assert network(torch.randn(1, 3, 75, 90)).shape == (1, 5, 75, 90)


@pytest.mark.parametrize(("name", "options"), [(n, {}) for n in NAMES] + [("fcn8s", {"backbone": "resnet18"})])
def test_the_gradient_of_every_pixel_reaches_every_parameter(name, options):
    schema = scenes(64, 96)
    network = build(name, schema, **options)
    network(torch.randn(2, 3, 64, 96)).square().sum().backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("name", NAMES)
def test_channels_last_and_bfloat16_give_nearly_the_same(name):
    network = build(name, scenes()).eval()
    x = torch.randn(2, 3, 48, 64)
    wanted = network(x)
    last = network.to(memory_format=torch.channels_last)(x.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(last, wanted, atol=1e-4, rtol=1e-4)
    with torch.autocast("cpu", torch.bfloat16):
        rough = network(x).float()
    assert (rough - wanted).abs().mean() < 0.05 * wanted.abs().mean().clamp_min(0.1)


def test_a_finer_fcn_starts_as_the_coarser_one():
    schema, x = scenes(64, 64), torch.randn(1, 3, 64, 64)
    coarse, fine = build("fcn32s", schema).eval(), build("fcn8s", schema).eval()
    weights = fine.state_dict() | {k: v for k, v in coarse.state_dict().items() if k.startswith("backbone")}
    for kind in ("weight", "bias"):
        weights[f"scores.2.{kind}"] = coarse.state_dict()[f"scores.0.{kind}"]
    fine.load_state_dict(weights)
    inside = (slice(None), slice(None), slice(16, -16), slice(16, -16))  # twice and thrice are one but at the border
    assert (coarse(x) - fine(x))[inside].abs().mean() < 0.1 * coarse(x).std()


def test_the_backbone_keeps_the_names_of_the_zoo():
    schema = scenes(64, 64)
    alone = build("resnet18", Schema(schema.inputs, {"label": Category(("a", "b"))}))
    names = {n for n in alone.state_dict() if not n.startswith("fc.")}
    inside = build("fcn8s", schema, backbone="resnet18").state_dict()
    assert {n.removeprefix("backbone.") for n in inside if n.startswith("backbone.")} == names


def test_small_pictures_have_few_resolutions():
    with pytest.raises(UsageError, match="resolutions and 3 are needed"):
        build("fcn8s", scenes(8, 8))
    with pytest.raises(UsageError, match="resnet18"):
        build("fcn8s", scenes(), backbone="resnet81")
    with pytest.raises(UsageError, match="backbone"):
        build("fcn8s", scenes(), backbone="unet")
    with pytest.raises(UsageError, match="no width to choose"):
        build("fcn8s", scenes(), backbone="resnet18", width=8)
    with pytest.raises(UsageError, match="stride must be one of"):
        build("unet", scenes(), stride=3)


def test_the_width_of_the_backbone():
    assert (
        build("fcn8s", scenes(), width=8).scores[-1].in_channels * 2 == build("fcn8s", scenes()).scores[-1].in_channels
    )


def test_u_net_of_the_paper():
    """Four halvings, 64 to 1,024 maps: the 31 million parameters of the paper's network, and batch normalisation."""
    network = build("unet", scenes(48, 64, 2, 1), width=64, stride=1)
    norms = sum(p.numel() for n, p in network.named_parameters() if "norm" in n)
    assert sum(p.numel() for p in network.parameters()) - norms == 31_030_658 - norms // 2  # their biases


@pytest.mark.parametrize(("name", "options"), [(n, {}) for n in NAMES] + [("unet", {"stride": 2, "depth": 2})])
def test_onnx_gives_the_same_scores(name, options, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    network = build(name, scenes(45, 61), **options).eval()
    x = torch.randn(1, 3, 45, 61)
    path = tmp_path / "network.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (x,), path, dynamo=True, verbose=False)
    session = runtime.InferenceSession(path)
    (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), network(x), atol=1e-4, rtol=1e-4)
