"""Faster and Mask R-CNN: what each stage gives, what is learnt from, and that the whole exports."""

import io
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from profundo.errors import UsageError
from profundo.networks import build
from profundo.networks.boxes import encode
from profundo.networks.mask_rcnn import cut_masks, mask_loss
from profundo.networks.matching import compact
from profundo.networks.roi_head import WEIGHTS, Sample, box_losses, detections, sampled
from profundo.networks.rpn import SAMPLED, drawn, proposal_losses
from profundo.schema import Boxes, Image, Schema

SMALL = {"width": 8, "pyramid": 16, "hidden": 32, "proposals": 20, "sample": 16, "most_found": 12}


def schema(side: int = 64, most: int = 3, masks: bool = True, labels: int = 3) -> Schema:
    image = Image(3, side, side, (0.5,) * 3, (0.25,) * 3, fit="pad")
    return Schema({"image": image}, {"objects": Boxes(tuple(map(str, range(labels))), most, masks)})


def truth(*pictures, most: int = 3, masks: bool = False) -> torch.Tensor:
    y = torch.full((len(pictures), most, 5 + 784 * masks), -1.0)
    for i, rows in enumerate(pictures):
        for k, row in enumerate(rows):
            y[i, k] = 1.0
            y[i, k, :5] = torch.tensor(row)
    return y


def on_onnx(network: nn.Module, x: torch.Tensor) -> list[np.ndarray]:
    import onnxruntime

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(network.eval(), (x,), dynamo=True, verbose=False)
    file = io.BytesIO()
    program.save(file)
    session = onnxruntime.InferenceSession(file.getvalue())
    return session.run(None, {session.get_inputs()[0].name: x.numpy()})


@pytest.mark.parametrize("name", [pytest.param("faster_rcnn", marks=pytest.mark.slow), "mask_rcnn"])
def test_the_whole_network_exports_with_equal_answers(name):
    network = build(name, schema(masks=name == "mask_rcnn"), **SMALL).eval()
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = network(x)
    for got, own in zip(on_onnx(network, x), wanted, strict=True):
        there = wanted[1].numpy() > 0  # crops are drawn in empty places too
        np.testing.assert_allclose(got[there], own.numpy()[there], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("size", [(64, 64), (50, 90)])
def test_stages_go_from_many_boxes_to_few_inside_the_picture(size):
    network = build("faster_rcnn", schema(masks=False), **SMALL).eval()
    with torch.no_grad():
        found = network.stages(torch.randn(2, 3, *size))
        boxes, scores, codes = network(torch.randn(2, 3, *size))
    counts = [found[name].shape[1] for name in ("candidates", "proposals", "boxes")]
    assert counts == [60, 20, 12] and boxes.shape == (2, 12, 4) and codes.shape == scores.shape
    for name in ("candidates", "proposals", "boxes"):
        assert found[name].min() >= 0 and found[name][..., 2].max() <= size[1] and found[name][..., 3].max() <= size[0]
    assert (scores.diff(dim=1) <= 0).all()


def test_enlarging_keeps_boxes_in_the_pixels_of_the_picture():
    network = build("faster_rcnn", schema(masks=False), **SMALL, enlarge=2)
    plain = build("faster_rcnn", schema(masks=False), **SMALL)
    assert [2 * stride for stride in network.strides] == list(plain.strides)
    pyramid = network.features(torch.zeros(1, 3, 64, 64))
    assert pyramid[0].shape[2:] == (32, 32)
    anchors = network.rpn.anchors(pyramid)
    assert anchors.mean() == pytest.approx(32, abs=1)


@pytest.mark.parametrize("rows", [[[]], [[(4.0, 4, 30, 40, 1)]], [[(4.0, 4, 30, 40, 1), (34.0, 4, 60, 40, 0)], []]])
def test_losses_of_no_object_of_one_and_of_as_many_as_fit(rows):
    network = build("mask_rcnn", schema(most=2), **SMALL)
    terms = network.losses(torch.randn(len(rows), 3, 64, 64), truth(*rows, most=2, masks=True))
    assert list(terms) == ["objectness", "proposals", "labels", "boxes", "masks"]
    assert all(torch.isfinite(value) and value.dim() == 0 for value in terms.values())
    sum(terms.values()).backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())


def test_the_same_seed_draws_the_same_sample():
    network, x = build("faster_rcnn", schema(masks=False), **SMALL), torch.randn(2, 3, 64, 64)
    y = truth([(4.0, 4, 30, 40, 1)], [])
    one, two, other = (list(seeded(network, x, y, seed)) for seed in (1, 1, 2))
    assert one == two != other


def seeded(network, x, y, seed):
    torch.manual_seed(seed)
    return [v.item() for v in network.losses(x, y).values()]


def test_drawn_takes_at_most_so_many_of_what_is_allowed():
    allowed = torch.rand(4, 500) < torch.tensor([[0.0], [0.01], [0.5], [1.0]])
    for most in (10, torch.tensor([[0], [1], [10], [SAMPLED]])):
        found = drawn(allowed, most)
        limit = torch.as_tensor(most).expand(4, 1)[:, 0]
        assert (found <= allowed).all() and (found.sum(1) == torch.minimum(allowed.sum(1), limit)).all()


def test_of_neighbouring_anchors_the_likeliest_goes_on():
    network = build("faster_rcnn", schema(masks=False), **SMALL, shapes=1)
    maps = [torch.zeros(1, 16, 4, 4), torch.zeros(1, 16, 2, 2)]
    logits = torch.arange(20.0)[None]
    logits[0, 0] = 9.0
    kept = network.rpn.peaks(maps, logits)
    assert torch.nonzero(kept[0] > -100).flatten().tolist() == [0, 15, 19]


def test_perfect_proposals_cost_nothing():
    anchors = torch.tensor([[0.0, 0, 16, 16], [16, 16, 32, 32], [32, 32, 48, 48]])
    y = truth([(17.0, 16, 34, 32, 0)])
    logits = torch.tensor([[-20.0, 20, -20]])
    deltas = encode(y[0, 0, :4].expand(3, 4), anchors)[None]
    assert all(v < 1e-4 for v in proposal_losses(logits, deltas, anchors, y).values())
    assert all(v > 0.1 for v in proposal_losses(-logits, deltas + 1, anchors, y).values())


def test_the_sample_holds_the_true_boxes_and_its_labels_start_at_one():
    y = truth([(4.0, 4, 30, 40, 1)], [])
    proposals = torch.tensor([[[5.0, 5, 30, 40], [40, 40, 60, 60], [0, 0, 0, 0]]]).expand(2, -1, -1)
    sample = sampled(proposals, torch.tensor([[0.9, 0.8, 0]]).expand(2, -1), y, 4, 0.5)
    assert sorted(sample.labels[0].tolist()) == [-1, 0, 2, 2] and sample.labels[0, :2].tolist() == [2, 2]
    assert sorted(sample.labels[1].tolist()) == [-1, -1, 0, 0]
    assert (sample.truth[0, :2, :4] == y[0, 0, :4]).all()


def test_perfect_answers_cost_nothing_and_are_detected():
    y = truth([(4.0, 4, 30, 40, 1), (40.0, 40, 60, 60, 2)])
    boxes = torch.tensor([[[6.0, 6, 30, 40], [40, 42, 62, 60], [0, 50, 20, 60]]])
    sample = Sample(boxes, torch.tensor([[2, 3, 0]]), torch.cat([y[:, :2], y[:, :1]], 1))
    scores = nn.functional.one_hot(sample.labels, 4).float() * 20
    deltas = encode(sample.truth[..., :4], boxes, WEIGHTS)
    assert all(v < 1e-4 for v in box_losses(scores, deltas, sample).values())
    real = torch.ones(1, 3, dtype=torch.bool)
    found, chance, codes = detections(boxes, real, scores, deltas, (64, 64), 5)
    order = codes[0, :2].argsort()
    torch.testing.assert_close(found[0, order], y[0, :2, :4], atol=1e-3, rtol=1e-4)
    assert codes[0, order].tolist() == [1, 2] and (chance[0] > 0.5).tolist() == [True, True, False, False, False]


def test_a_mask_is_cut_anew_for_another_box():
    mask = torch.zeros(1, 1, 28, 28)
    mask[..., :14] = 1  # the left half of the box
    owner = torch.tensor([[[10.0, 10, 38, 38]]])
    same, left, wide = (
        cut_masks(mask, owner, torch.tensor([[box]]))
        for box in ([10.0, 10, 38, 38], [10.0, 10, 24, 38], [-18.0, 10, 38, 38])
    )
    assert torch.equal(same, mask) and left.all()
    assert wide[0, 0, :, :14].sum() == 0 and wide[0, 0, :, 14:21].all() and wide[0, 0, :, 21:].sum() == 0


def test_the_mask_loss_counts_objects_only():
    y = truth([(4.0, 4, 32, 32, 1)], masks=True)
    sample = Sample(y[:, :2, :4].clamp(min=0), torch.tensor([[2, 0]]), torch.cat([y[:, :1], y[:, :1]], 1))
    logits = torch.stack([torch.full((28, 28), 20.0), torch.full((28, 28), -20.0)])[None]
    assert mask_loss(logits, sample) < 1e-4 and mask_loss(-logits, sample) > 10


def test_compact_moves_objects_to_the_front():
    y = truth([(1.0, 1, 2, 2, 0)], [])[:, [1, 0, 2]]
    assert compact(y).shape == (2, 1, 5) and compact(y)[0, 0, 4] == 0 and compact(y)[1, 0, 4] == -1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backbone": "convnt"}, "Did you mean 'convnet'"),
        ({"backbone": "resnet18", "width": 8}, "resnet18 has no width"),
        ({"proposals": 0}, "proposals must be a whole number"),
        ({"shapes": 2}, "shapes must be 1 or 3"),
        ({"anchor": 0}, "anchor must be a number above 0"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(UsageError, match=message):
        build("mask_rcnn", schema(), **options)
