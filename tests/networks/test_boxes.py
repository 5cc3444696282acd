"""Boxes, suppression, reading inside boxes, matching: against pycocotools and slow loops."""

import io
import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from pycocotools import mask as coco
from torch import Tensor, nn

from profundo.networks import boxes as bx
from profundo.networks.matching import BACKGROUND, BETWEEN, match, matched, truth_iou
from profundo.networks.nms import best, nms
from profundo.networks.roi_align import levels, roi_align


def some_boxes(generator: torch.Generator, *shape: int, size: float = 100) -> Tensor:
    corner = torch.rand(*shape, 2, generator=generator, dtype=torch.float64) * size * 0.7
    return torch.cat([corner, corner + torch.rand(*shape, 2, generator=generator, dtype=torch.float64) * size / 2], -1)


def on_onnx(network: nn.Module, *inputs: Tensor) -> list[np.ndarray]:
    """Export a network, run it in ONNX Runtime, return what it gives."""
    import onnxruntime

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(network.eval(), inputs, dynamo=True, verbose=False)
    file = io.BytesIO()
    program.save(file)
    session = onnxruntime.InferenceSession(file.getvalue())
    return session.run(None, {n.name: i.numpy() for n, i in zip(session.get_inputs(), inputs, strict=True)})


def test_iou_equals_pycocotools():
    for case in range(200):
        g = torch.Generator().manual_seed(case)
        n, m = int(torch.randint(1, 30, (), generator=g)), int(torch.randint(1, 30, (), generator=g))
        a, b = some_boxes(g, n), some_boxes(g, m)
        b[0] = a[0]
        wide = [torch.cat([t[:, :2], t[:, 2:] - t[:, :2]], 1).numpy() for t in (a, b)]
        wanted = coco.iou(*wide, [False] * m)
        np.testing.assert_allclose(bx.iou_matrix(a, b).numpy(), wanted, atol=1e-6)


def test_giou_is_at_most_iou_falls_with_distance_and_has_a_gradient():
    g = torch.Generator().manual_seed(0)
    a, b = some_boxes(g, 50), some_boxes(g, 50)
    assert (bx.giou_matrix(a, b) <= bx.iou_matrix(a, b) + 1e-12).all() and (bx.giou_matrix(a, b) > -1).all()
    assert torch.allclose(bx.giou(a, a), torch.ones(50, dtype=torch.float64))
    left = torch.tensor([[0.0, 0, 10, 10]])
    far = [bx.giou(left, torch.tensor([[x, 0.0, x + 10, 10]])).item() for x in (10, 20, 40)]
    assert all(near > next_ for near, next_ in pairwise(far))
    away = torch.tensor([[20.0, 20, 30, 30]], requires_grad=True)
    bx.giou(left, away).sum().backward()
    assert away.grad is not None and away.grad.abs().min() > 0


def test_boxes_without_area_are_no_trouble():
    flat = torch.tensor([[3.0, 3, 3, 3]], requires_grad=True)
    assert bx.iou(flat, flat).item() == 0
    (bx.iou(flat, flat) + bx.giou(flat, flat)).sum().backward()
    assert flat.grad is not None and flat.grad.isfinite().all()


def slow_nms(boxes: np.ndarray, scores: np.ndarray, codes: np.ndarray, threshold: float) -> np.ndarray:
    kept: list[int] = []
    wide = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
    for i in np.argsort(-scores, kind="stable"):
        mine = [k for k in kept if codes[k] == codes[i]]
        if not mine or coco.iou(wide[[i]], wide[mine], [False] * len(mine)).max() <= threshold:
            kept.append(int(i))
    return np.isin(np.arange(len(boxes)), kept)


def test_nms_is_exactly_greedy():
    for case in range(200):
        g = torch.Generator().manual_seed(case)
        n = int(torch.randint(1, 60, (), generator=g))
        boxes = some_boxes(g, 2, n, size=40)
        scores = (torch.rand(2, n, generator=g, dtype=torch.float64) * 20).round() / 20  # with ties
        codes = torch.randint(0, 3, (2, n), generator=g)
        threshold = 0.2 + 0.5 * case / 200
        kept = nms(boxes, scores, codes, threshold)
        for i in range(2):
            wanted = slow_nms(boxes[i].numpy(), scores[i].numpy(), codes[i].numpy(), threshold)
            assert (kept[i].numpy() == wanted).all(), case


def test_nms_follows_a_long_chain():
    x = torch.arange(200.0) * 4
    chain = torch.stack([x, torch.zeros(200), x + 10, torch.full((200,), 10.0)], 1)[None]  # each overlaps the next
    kept = nms(chain, torch.linspace(1, 0.1, 200)[None], threshold=0.3)
    assert kept[0, ::2].all() and not kept[0, 1::2].any()


def test_best_fills_up_with_nothing():
    boxes = torch.tensor([[[0.0, 0, 10, 10], [1, 0, 11, 10], [30, 30, 40, 40], [0, 0, 10, 10]]])
    scores, codes = torch.tensor([[0.9, 0.8, 0.5, 0.7]]), torch.tensor([[0, 0, 0, 1]])
    found, sure, labels, places = best(boxes, scores, codes, threshold=0.5, most=10)
    assert sure.tolist() == [[pytest.approx(0.9), pytest.approx(0.7), 0.5, 0]]
    assert labels[0, :3].tolist() == [0, 1, 0] and places[0, :3].tolist() == [0, 3, 2]
    assert found[0, 2].tolist() == [30, 30, 40, 40]


class Suppress(nn.Module):
    def forward(self, boxes: Tensor, scores: Tensor, codes: Tensor) -> tuple[Tensor, ...]:
        return best(boxes, scores, codes, threshold=0.4, most=20)[:3]


def test_nms_exports_to_onnx():
    network, g = Suppress(), torch.Generator().manual_seed(1)
    boxes, scores = some_boxes(g, 2, 80, size=40).float(), torch.rand(2, 80, generator=g)
    codes = torch.randint(0, 2, (2, 80), generator=g)
    for got, wanted in zip(on_onnx(network, boxes, scores, codes), network(boxes, scores, codes), strict=True):
        np.testing.assert_allclose(got, wanted.numpy(), atol=1e-6)


def read_at(one: np.ndarray, y: float, x: float) -> np.ndarray:
    """Read a map (C, H, W) between its cells."""
    _, height, width = one.shape
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    top, left = int(y), int(x)
    low, right = min(top + 1, height - 1), min(left + 1, width - 1)
    b, r = y - top, x - left
    return (1 - b) * ((1 - r) * one[:, top, left] + r * one[:, top, right]) + b * (
        (1 - r) * one[:, low, left] + r * one[:, low, right]
    )


def slow_roi_align(one: np.ndarray, box: np.ndarray, stride: float, size: int, ratio: int) -> np.ndarray:
    x1, y1, x2, y2 = box / stride - 0.5
    grid = np.zeros((one.shape[0], size, size))
    for i in range(size):
        for j in range(size):
            for a in range(ratio):
                for b in range(ratio):
                    y = y1 + (y2 - y1) * (i + (a + 0.5) / ratio) / size
                    x = x1 + (x2 - x1) * (j + (b + 0.5) / ratio) / size
                    grid[:, i, j] += read_at(one, y, x) / ratio**2
    return grid


@pytest.mark.parametrize(("size", "ratio"), [(3, 2), (2, 1)])
def test_roi_align_equals_a_loop_on_several_maps(size: int, ratio: int):
    g = torch.Generator().manual_seed(3)
    maps = [torch.randn(2, 5, h, w, generator=g, dtype=torch.float64) for h, w in ((16, 20), (8, 10), (4, 5))]
    boxes = some_boxes(g, 2, 7, size=64)
    boxes[0, 0] = torch.tensor([0.0, 0, 80, 64])
    level = torch.randint(0, 3, (2, 7), generator=g)
    read = roi_align(maps, boxes, (4, 8, 16), size=size, ratio=ratio, level=level)
    assert read.shape == (2, 7, 5, size, size)
    for i in range(2):
        for j in range(7):
            k = int(level[i, j])
            wanted = slow_roi_align(maps[k][i].numpy(), boxes[i, j].numpy(), 4 * 2**k, size, ratio)
            np.testing.assert_allclose(read[i, j].numpy(), wanted, atol=1e-6)


def test_roi_align_of_a_ramp_gives_the_places_themselves():
    x = (torch.arange(32.0) + 0.5) * 2  # the picture's x at each cell of a map of stride 2
    ramp = x.expand(1, 1, 24, 32)
    read = roi_align([ramp], torch.tensor([[[10.0, 10, 38, 40]]]), (2,), size=7)
    assert torch.allclose(read[0, 0, 0, 0], 10 + 28 * (torch.arange(7) + 0.5) / 7, atol=1e-4)


class Read(nn.Module):
    def forward(self, fine: Tensor, coarse: Tensor, boxes: Tensor) -> Tensor:
        return roi_align([fine, coarse], boxes, (4, 8), size=3, level=levels(boxes, 2, size=16))


def test_roi_align_exports_to_onnx_and_passes_gradients():
    g = torch.Generator().manual_seed(0)
    fine, coarse = torch.randn(2, 3, 16, 16, generator=g), torch.randn(2, 3, 8, 8, generator=g)
    boxes = some_boxes(g, 2, 6, size=64).float()
    got = on_onnx(Read(), fine, coarse, boxes)[0]
    np.testing.assert_allclose(got, Read()(fine, coarse, boxes).numpy(), atol=1e-5)
    fine.requires_grad_()
    Read()(fine, coarse, boxes).sum().backward()
    assert fine.grad is not None and fine.grad.abs().sum() > 0


def test_levels_grow_with_the_box():
    sides = torch.tensor([5.0, 16, 31, 32, 64, 500])
    boxes = torch.stack([torch.zeros(6), torch.zeros(6), sides, sides], 1)
    assert levels(boxes, 3, size=16).tolist() == [0, 0, 0, 1, 2, 2]
    assert levels(boxes, 3, size=16, finest=1).tolist() == [1, 1, 1, 2, 2, 2]


def test_coding_is_undone_and_an_anchor_is_zeros():
    g = torch.Generator().manual_seed(5)
    boxes, around = some_boxes(g, 200) + torch.tensor([0, 0, 1, 1]), some_boxes(g, 200) + torch.tensor([0, 0, 1, 1])
    weights = (10.0, 10.0, 5.0, 5.0)
    assert torch.allclose(bx.decode(bx.encode(boxes, around, weights), around, weights), boxes)
    assert bx.encode(around, around, weights).abs().max() < 1e-9
    wild = bx.decode(torch.full((1, 4), 1e4), torch.tensor([[0.0, 0, 10, 10]]))
    assert wild.isfinite().all() and (wild[0, 2] - wild[0, 0]).item() == pytest.approx(625, rel=1e-3)
    assert bx.clip(torch.tensor([[-3.0, 2, 50, 70]]), 60, 40).tolist() == [[0, 2, 40, 60]]
    assert bx.to_corners(bx.to_centres(boxes)).allclose(boxes)


def test_anchors_stand_on_the_cells():
    found = bx.anchors([(2, 3), (1, 2)], [8, 16], [[16], [32, 64]], ratios=(1.0, 4.0))
    assert found.shape == (2 * 3 * 2 + 1 * 2 * 4, 4)
    assert found[0].tolist() == [-4, -4, 12, 12] and found[1].tolist() == [0, -12, 8, 20]  # 8 wide, 32 high
    assert bx.to_centres(found[2:4])[:, :2].tolist() == [[12, 4], [12, 4]]
    assert torch.allclose(bx.area(found[12:16]), torch.tensor([1024.0, 1024, 4096, 4096]))


def test_matching_by_thresholds_rescues_and_leaves_empty_pictures_alone():
    y = torch.full((2, 3, 5), -1.0)
    y[0, 0] = torch.tensor([0, 0, 10, 10, 1])
    y[0, 1] = torch.tensor([50, 50, 90, 90, 0])
    guesses = torch.tensor([[0.0, 0, 10, 9], [0, 0, 10, 5], [0, 0, 10, 3], [60, 60, 70, 70], [200, 200, 201, 201]])
    overlap = truth_iou(guesses, y)
    assert match(overlap, 0.4, 0.7).tolist() == [[0, BETWEEN, BACKGROUND, BACKGROUND, BACKGROUND], [BACKGROUND] * 5]
    rescued = match(overlap, 0.4, 0.7, rescue=True)
    assert rescued.tolist() == [[0, BETWEEN, BACKGROUND, 1, BACKGROUND], [BACKGROUND] * 5]
    assert matched(y, rescued)[0, :, 4].tolist() == [1, 1, 1, 0, 1]
    assert match(truth_iou(guesses, y[:, :0]), 0.4, 0.7).tolist() == [[BACKGROUND] * 5] * 2
