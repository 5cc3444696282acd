"""Detectors: shapes, gradients, export with suppression and all, and pictures in which there is nothing."""

import io
import warnings

import numpy as np
import pytest
import torch

from profundo.networks import NETWORKS, build
from profundo.networks.assignment import assigned
from profundo.networks.boxes import points
from profundo.schema import Boxes, Image, Schema

DETECTORS = ["one_stage"]
SIZES = [(1, 64, 64), (3, 50, 77)]


def schema(channels: int = 3, height: int = 64, width: int = 64) -> Schema:
    image = Image(channels, height, width, (0.5,) * channels, (0.25,) * channels, "pad")
    return Schema({"image": image}, {"objects": Boxes(("disc", "square", "star"), 4)})


def some(count: int, *shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    x, y = torch.randn(count, *shape, generator=g), torch.full((count, 4, 5), -1.0)
    y[0, :2] = torch.tensor([[5.0, 5, 30, 40, 0], [20, 10, 45, 45, 2]])
    y[1, 0] = torch.tensor([1.0, 1, 9, 9, 1])
    return x, y


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("name", DETECTORS)
def test_forward_and_losses_reach_every_parameter(name, shape):
    network = build(name, schema(*shape))
    x, y = some(3, *shape)  # the last picture is empty
    terms = network.losses(x, y)
    assert all(t.dim() == 0 and t.isfinite() for t in terms.values())
    sum(terms.values()).backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.isfinite().all()] == []
    boxes, scores, codes = network.eval()(x)
    assert boxes.shape == (3, 100, 4) and scores.shape == codes.shape == (3, 100) and codes.dtype == torch.int64
    assert (boxes >= 0).all() and (boxes[..., 0::2] <= shape[2]).all() and (boxes[..., 1::2] <= shape[1]).all()
    assert (scores.diff(dim=1) <= 0).all() and scores.max() <= 1 and codes.min() >= 0 and codes.max() < 3


@pytest.mark.parametrize("name", DETECTORS)
def test_a_batch_without_any_object(name):
    network = build(name, schema())
    x, y = some(2, 3, 64, 64)
    value = sum(network.losses(x, torch.full_like(y, -1)).values())
    value.backward()
    assert value.isfinite()


@pytest.mark.parametrize("name", DETECTORS)
def test_the_whole_detector_exports_to_onnx(name):
    import onnxruntime

    network = build(name, schema(3, 64, 80), **({"width": 8, "pyramid": 16} if name == "one_stage" else {})).eval()
    with torch.no_grad():
        network.head.score.weight.mul_(30)  # untrained answers are so alike that rounding would choose among them
        network.head.box.weight.mul_(30)
    x = some(2, 3, 64, 80)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(network, (x,), dynamo=True, verbose=False)
    file = io.BytesIO()
    program.save(file)
    session = onnxruntime.InferenceSession(file.getvalue())
    given = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    wanted = [t.detach().numpy() for t in network(x)]
    np.testing.assert_allclose(given[1], wanted[1], atol=1e-4)
    ours, theirs = (np.concatenate([t[0], t[1][..., None], t[2][..., None]], 2) for t in (given, wanted))
    away = np.abs(ours[:, :, None] - theirs[:, None]).max(-1)  # (B, k, k): nearly equal scores may come in any order
    assert away.min(1).max() < 1e-2 and away.min(2).max() < 1e-2


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("backbone", ["convnet", "resnet18"])
def test_a_backbone_by_name_keeps_its_names(name, backbone):
    network = build(name, schema(), backbone=backbone, width=0)
    own = build(backbone, Schema(schema().inputs, {"objects": Boxes(("a", "b", "c"), 1, single=True)})).state_dict()
    inner = {k.removeprefix("backbone.") for k in network.state_dict() if k.startswith("backbone.")}
    assert inner and inner <= set(own)
    assert NETWORKS[name].gives == "boxes"


def test_cells_learn_the_object_that_they_find_best():
    places, strides = points(8, 8, 8), torch.full((64,), 8.0)
    y = torch.full((1, 3, 5), -1.0)
    y[0, 0], y[0, 1] = torch.tensor([8.0, 8, 40, 40, 0]), torch.tensor([46.0, 46, 49, 49, 1])  # the second lies between
    boxes = torch.cat([places - 12, places + 12], 1)[None]
    logits = torch.zeros(1, 64, 2)
    truth, quality = assigned(logits, boxes, places, strides, y)
    learning = quality[0] > 0
    assert 0 < int((learning & (truth[0] == 0)).sum()) <= 9 and int((learning & (truth[0] == 1)).sum()) >= 1
    for cell in torch.where(learning & (truth[0] == 0))[0].tolist():
        assert (places[cell] > 8).all() and (places[cell] < 40).all()
    best = quality[0].argmax()
    assert places[best].sub(24).abs().max() <= 4 and quality[0].max() <= 1


def test_scores_decide_among_equal_boxes():
    places, strides = points(4, 4, 8), torch.full((16,), 8.0)
    y = torch.tensor([[[0.0, 0, 32, 32, 1]]])
    boxes, logits = torch.tensor([0.0, 0, 32, 32]).expand(1, 16, 4), torch.full((1, 16, 2), -3.0)
    logits[0, 5, 1] = 3
    quality = assigned(logits, boxes, places, strides, y)[1]
    assert quality[0].argmax() == 5 and quality[0, 5] == pytest.approx(1) and (quality[0] > 0).sum() == 9
