"""Where objects may be, from the pixels alone: windows everywhere, or regions that belong together.

Selective search (Uijlings et al. 2013, Selective Search for Object Recognition, International Journal of Computer
Vision 104) is what R-CNN and Fast R-CNN began with: pixels grow into small regions (Felzenszwalb and Huttenlocher 2004,
Efficient Graph-Based Image Segmentation, in the same journal 59), these are joined two by two, the most alike first, up
to the whole picture, and the box around every region on the way is a proposal.
"""

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .boxes import anchors
from .regions import colours, neighbours, segments, textures

LONGEST = 128  # pixels of the longer side of a picture in which regions are sought
SMALLEST = 0.04  # the side of the smallest region that is told, as a share of the longer side
WINDOWS = 6  # windows of the smallest size, beside each other
KEPT = 20_000  # pictures whose regions are remembered


def sliding_windows(x: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Return windows (B, n, 4) of several sizes and shapes, all over pictures x (B, C, H, W), and ones (B, n).

    The smallest are a sixth of the longer side, each size is 1.41 times the last, and windows overlap by half.
    There are as many as there are: `most` is not heeded.
    """
    height, width = x.shape[2], x.shape[3]
    steps = range(math.ceil(2 * math.log2(WINDOWS)))
    sizes = [max(height, width) / WINDOWS * 2 ** (step / 2) for step in steps]
    shapes = [(max(1, round(2 * height / size)), max(1, round(2 * width / size))) for size in sizes]
    strides = [size / 2 for size in sizes]
    found = anchors(shapes, strides, [(size,) for size in sizes]).to(x.device)
    limit = found.new_tensor([width, height, width, height])
    found = torch.minimum(found.clamp(min=0), limit)
    return found.expand(len(x), -1, -1), torch.ones(len(x), len(found), device=x.device)


def selective_search(x: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Return boxes (B, most, 4) around regions of pictures x (B, C, H, W), and which are there, 1 or 0, (B, most).

    The last regions to be joined come first. What was found for a picture is remembered while the process lives, by a
    hash of its pixels. It runs in NumPy, so a network that calls it cannot be exported.
    """
    boxes, there = x.new_zeros(len(x), most, 4), x.new_zeros(len(x), most)
    for i, picture in enumerate(x.detach().float().cpu()):
        found = remembered(picture)[:most]
        boxes[i, : len(found)] = torch.from_numpy(found).to(boxes)
        there[i, : len(found)] = 1
    return boxes, there


PROPOSALS: dict[str, Callable[[Tensor, int], tuple[Tensor, Tensor]]] = {
    "sliding_windows": sliding_windows,
    "selective_search": selective_search,
}
memory: OrderedDict[bytes, np.ndarray] = OrderedDict()


def remembered(picture: Tensor) -> np.ndarray:
    """Return the boxes (n, 4) of a picture (C, H, W), from memory where it has been seen."""
    pixels = picture.contiguous().numpy()
    key = hashlib.blake2b(pixels.tobytes() + bytes(str(pixels.shape), "ascii"), digest_size=16).digest()
    if key not in memory:
        memory[key] = searched(picture)
        if len(memory) > KEPT:
            memory.popitem(last=False)
    return memory[key]


def searched(picture: Tensor) -> np.ndarray:
    """Return the boxes (n, 4) float32 of the regions of a picture (C, H, W), the last to be joined first."""
    scale = min(1.0, LONGEST / max(picture.shape[1:]))
    small = picture
    if scale < 1:
        size = [max(1, round(side * scale)) for side in picture.shape[1:]]
        small = F.interpolate(picture[None], size=size, mode="bilinear", antialias=True)[0]
    low, high = small.amin(), small.amax()
    pixels = ((small - low) / (high - low).clamp(min=1e-6)).numpy()
    labels = segments(pixels)
    boxes = joined(pixels, labels)
    boxes = boxes * np.array([picture.shape[2] / pixels.shape[2], picture.shape[1] / pixels.shape[1]] * 2)
    wide = (boxes[:, 2:] - boxes[:, :2]).min(1) >= SMALLEST * max(picture.shape[1:])
    _, first = np.unique(boxes, axis=0, return_index=True)
    kept = np.zeros(len(boxes), bool)
    kept[first] = True
    return np.ascontiguousarray(boxes[kept & wide], np.float32)


def joined(pixels: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Join the regions (H, W) of a picture (C, H, W) two by two; return the box of each region, the last joined first.

    Two neighbours are alike in colour, in texture, when both are small, and when one fills the gaps of the other: the
    sum of the paper's four measures.
    """
    count, total = int(labels.max()) + 1, labels.size
    sizes = np.bincount(labels.ravel(), minlength=count).astype(np.float64)
    features = np.concatenate(
        [colours(pixels, labels), textures(pixels, labels)], 1
    )  # (count, bins), each half sums to 1
    boxes = around(labels, count)
    near = neighbours(labels, count)
    alike = np.where(near, [likeness(i, features, sizes, boxes, total) for i in range(count)], -np.inf)
    found = [boxes.copy()]
    for _ in range(count - 1):
        i, j = divmod(int(alike.argmax()), count)
        if alike[i, j] == -np.inf:
            break
        both = sizes[i] + sizes[j]
        features[i] = (features[i] * sizes[i] + features[j] * sizes[j]) / both
        sizes[i], sizes[j] = both, 0
        boxes[i] = [*np.minimum(boxes[i, :2], boxes[j, :2]), *np.maximum(boxes[i, 2:], boxes[j, 2:])]
        near[i] |= near[j]
        near[:, i] |= near[:, j]
        near[j] = near[:, j] = near[i, i] = False
        alike[j] = alike[:, j] = -np.inf
        alike[i] = alike[:, i] = np.where(near[i], likeness(i, features, sizes, boxes, total), -np.inf)
        found.append(boxes[i : i + 1].copy())
    return np.concatenate(found)[::-1]


def likeness(i: int, features: np.ndarray, sizes: np.ndarray, boxes: np.ndarray, total: int) -> np.ndarray:
    """Return how alike region i is to each region (count,): the share of colour, of texture, of size and of fill."""
    shared = np.minimum(features[i], features).sum(1)
    both = sizes[i] + sizes
    corners = np.minimum(boxes[i, :2], boxes[:, :2]), np.maximum(boxes[i, 2:], boxes[:, 2:])
    around_both = (corners[1] - corners[0]).prod(1)
    return shared + (1 - both / total) + (1 - (around_both - both) / total)


def around(labels: np.ndarray, count: int) -> np.ndarray:
    """Return the box (count, 4) float64 around each region of a map (H, W)."""
    rows, columns = np.indices(labels.shape)
    boxes = np.zeros((count, 4))
    for axis, places in enumerate((columns, rows)):
        low, high = np.full(count, places.max() + 1), np.zeros(count, np.int64)
        np.minimum.at(low, labels.ravel(), places.ravel())
        np.maximum.at(high, labels.ravel(), places.ravel() + 1)
        boxes[:, axis], boxes[:, axis + 2] = low, high
    return boxes
