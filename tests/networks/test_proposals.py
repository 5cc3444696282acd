"""Proposals from pixels: windows and selective search; and the two detectors that judge them."""

import numpy as np
import pytest
import torch

from profundo.networks import build, proposals
from profundo.networks.matching import truth_iou
from profundo.networks.regions import histograms, neighbours, segments
from profundo.schema import Boxes, Image, Schema


def pictures(count: int = 6, side: int = 48) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise with two bright or dark rectangles in each."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 0.05, (count, 1, side, side)).astype(np.float32), torch.full((count, 2, 5), -1.0)
    for i in range(count):
        for k in range(2):
            height, width = rng.integers(10, 20, 2)
            top, left = int(rng.integers(0, side - height)), int(rng.integers(k * side // 2, (k + 1) * side // 2 - 10))
            width = min(int(width), (k + 1) * side // 2 - left)
            x[i, 0, top : top + height, left : left + width] += rng.choice([-2.0, 1.0, 2.0])
            y[i, k] = torch.tensor([left, top, left + width, top + height, k])
    return torch.from_numpy(x), y


def test_segments_of_two_halves_are_apart():
    halves = np.zeros((3, 20, 30))
    halves[:, :, 15:] = 1
    labels = segments(halves)
    assert len(np.unique(labels[:, :11])) == len(np.unique(labels[:, 19:])) == 1 and labels[0, 0] != labels[0, -1]


def test_segments_of_one_colour_are_one_and_small_ones_go():
    assert segments(np.full((1, 12, 12), 0.5)).max() == 0
    dot = np.zeros((1, 20, 20))
    dot[0, 10, 10] = 1
    sizes = np.bincount(segments(dot, scale=0.01, least=30).ravel())
    assert sizes.min() >= 30


def test_histograms_and_neighbours():
    labels = np.array([[0, 0, 1], [0, 2, 1]])
    assert histograms([labels], labels, 3).tolist() == np.eye(3).tolist()
    assert neighbours(labels, 3).tolist() == [[False, True, True], [True, False, True], [True, True, False]]
    assert not neighbours(np.array([[0, 1, 2]]), 3)[0, 2]


def test_selective_search_finds_what_stands_out_and_remembers_it():
    x, y = pictures()
    boxes, there = proposals.selective_search(x, 50)
    overlap = truth_iou(boxes * there.unsqueeze(2), y).amax(1)
    assert (overlap >= 0.5).float().mean() >= 0.9 and boxes.shape == (6, 50, 4)
    before = len(proposals.memory)
    again, _ = proposals.selective_search(x, 50)
    assert torch.equal(boxes, again) and len(proposals.memory) == before


def test_selective_search_of_an_even_picture_and_of_a_large_one():
    boxes, there = proposals.selective_search(torch.zeros(1, 3, 20, 30), 10)
    assert there.sum() == 1 and boxes[0, 0].tolist() == [0, 0, 30, 20]
    large = torch.zeros(1, 1, 200, 300)
    large[:, :, 50:120, 60:150] = 1
    boxes, _ = proposals.selective_search(large, 10)
    assert truth_iou(boxes, torch.tensor([[[60.0, 50, 150, 120, 0]]])).max() > 0.9


def test_sliding_windows_cover_the_picture():
    boxes, there = proposals.sliding_windows(torch.zeros(2, 1, 60, 90), 0)
    assert boxes.shape == (2, there.shape[1], 4) and there.all()
    assert boxes.min() == 0 and boxes[..., 2].max() == 90 and boxes[..., 3].max() == 60
    truths = torch.tensor([[[x, y, x + s, y + s, 0.0] for s in (20, 40) for x in (0, 17, 45) for y in (0, 11, 20)]])
    assert truth_iou(boxes[:1], truths).amax(1).min() > 0.4


@pytest.mark.parametrize("name", ["rcnn", "fast_rcnn"])
@pytest.mark.parametrize("propose", ["sliding_windows", "selective_search"])
def test_detectors_on_proposals_learn_and_answer(name, propose):
    x, y = pictures()
    schema = Schema({"image": Image(1, 48, 48, (0.5,), (0.5,), fit="pad")}, {"objects": Boxes(("left", "right"), 2)})
    x, y = x[:2], y[:2]
    network = build(name, schema, width=4, hidden=32, propose=propose, proposals=30, sample=16, most_found=10)
    terms = network.losses(x, y)
    assert list(terms) == ["labels", "boxes"]
    sum(terms.values()).backward()
    assert all(p.grad is not None for p in network.parameters())
    with torch.no_grad():
        found = network.eval().stages(x)
    assert found["boxes"].shape == (2, 10, 4) and found["proposals"].shape[:2] == found["proposal scores"].shape
