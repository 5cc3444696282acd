"""Small regions of a picture whose pixels belong together, and what they look like: what selective search joins."""

import numpy as np

SCALE = 0.05  # how different pixels may be in a small region: the larger, the larger the regions
LEAST = 6  # pixels of a region
BINS, ORIENTATIONS = 25, 8  # of the histograms of colour, and of the directions of slopes
STEEPNESS = 10  # bins for how steep the slopes of a direction are
LOST = 0.02  # a slope below which there is none


def segments(pixels: np.ndarray, scale: float = SCALE, least: int = LEAST) -> np.ndarray:
    """Divide a picture (C, H, W) of values 0 to 1 into regions: a map (H, W) int64 of their numbers from 0.

    After Felzenszwalb and Huttenlocher 2004: two regions are joined where the smallest difference between their pixels
    is at most the largest one inside each, plus scale / size. The paper takes the edges one by one; here every region
    joins its most alike neighbour in one go, again and again. At the end, regions of fewer than `least` pixels join
    theirs in any case.
    """
    channels, height, width = pixels.shape
    place = np.arange(height * width).reshape(height, width)
    ends = [(place[:, :-1], place[:, 1:]), (place[:-1], place[1:])]
    ends += [(place[:-1, :-1], place[1:, 1:]), (place[:-1, 1:], place[1:, :-1])]
    a, b = (np.concatenate([pair[side].ravel() for pair in ends]) for side in (0, 1))
    flat = smooth(pixels).reshape(channels, -1)
    weight = np.sqrt(((flat[:, a] - flat[:, b]) ** 2).sum(0))
    labels, inner = np.arange(height * width), np.zeros(height * width)
    for forced in (False, True):
        while True:
            joined, inner = once(labels, inner, a, b, weight, scale, least if forced else 0)
            if joined is labels:
                break
            labels = joined
    return labels.reshape(height, width)


def once(
    labels: np.ndarray, inner: np.ndarray, a: np.ndarray, b: np.ndarray, weight: np.ndarray, scale: float, least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Join every region with its most alike neighbour where they belong together; the same labels where none does.

    `labels` (pixels,) number the regions, `inner` (regions,) is the largest difference inside each, a, b and weight
    (edges,) are the pixels that touch and how they differ. With `least`, small regions join in any case, others not.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(inner)
    left, right = labels[a], labels[b]
    across = np.flatnonzero(left != right)
    if not len(across):
        return labels, inner
    left, right, weight = left[across], right[across], weight[across]
    sizes = np.bincount(labels, minlength=count)
    order = np.argsort(weight, kind="stable")[::-1]
    best = np.full(count, -1)
    for side in (left, right):  # of equal places the last assignment stays: the smallest weight
        own = np.full(count, -1)
        own[side[order]] = order
        better = (own >= 0) & ((best < 0) | (weight[own] < weight[best]))
        best[better] = own[better]
    chosen = np.unique(best[best >= 0])
    one, two, price = left[chosen], right[chosen], weight[chosen]
    if least:
        fits = np.minimum(sizes[one], sizes[two]) < least
    else:
        fits = price <= np.minimum(inner[one] + scale / sizes[one], inner[two] + scale / sizes[two])
    one, two, price = one[fits], two[fits], price[fits]
    if not len(one):
        return labels, inner
    graph = coo_matrix((np.ones(len(one)), (one, two)), shape=(count, count))
    fewer, number = connected_components(graph, directed=False)
    largest = np.zeros(fewer)
    np.maximum.at(largest, number, inner)
    np.maximum.at(largest, number[one], price)
    return number[labels].astype(np.int64), largest


def smooth(pixels: np.ndarray) -> np.ndarray:
    """Blur a picture (C, H, W) a little, against noise."""
    from scipy.ndimage import gaussian_filter

    blurred: np.ndarray = gaussian_filter(pixels.astype(np.float64), (0, 0.8, 0.8))
    return blurred


def colours(pixels: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the histogram (regions, channels * BINS) of the values in each region, summing to 1."""
    return histograms([(np.minimum(pixels[c] * BINS, BINS - 1)).astype(int) for c in range(len(pixels))], labels, BINS)


def textures(pixels: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the histogram (regions, ORIENTATIONS * STEEPNESS) of the slopes in each region, summing to 1."""
    down, across = np.gradient(smooth(pixels).mean(0))
    steep = np.hypot(down, across)
    direction = (np.arctan2(down, across) / (2 * np.pi) % 1 * ORIENTATIONS).astype(int) % ORIENTATIONS
    bins = np.minimum(steep / max(float(steep.max()), LOST) * STEEPNESS, STEEPNESS - 1).astype(int)
    return histograms([direction * STEEPNESS + bins], labels, ORIENTATIONS * STEEPNESS)


def histograms(values: list[np.ndarray], labels: np.ndarray, bins: int) -> np.ndarray:
    """Count the values 0 to bins - 1 of maps (H, W) in each region, (regions, maps * bins), summing to 1."""
    count = int(labels.max()) + 1
    counted = [np.bincount((labels * bins + v).ravel(), minlength=count * bins).reshape(count, bins) for v in values]
    together = np.concatenate(counted, 1).astype(np.float64)
    return together / together.sum(1, keepdims=True)


def neighbours(labels: np.ndarray, count: int) -> np.ndarray:
    """Return (count, count) bool: which regions of a map (H, W) touch."""
    near = np.zeros((count, count), bool)
    for one, two in ((labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])):
        near[one.ravel(), two.ravel()] = near[two.ravel(), one.ravel()] = True
    np.fill_diagonal(near, False)
    return near
