"""What is known about a picture follows its moves: the label of every pixel, boxes, and the masks inside boxes."""

import torch
from torch import Tensor
from torch.nn import functional as F

from ...objects import IGNORED, SIDE
from .sampling import moved_exactly, sampled

VISIBLE = 0.2  # of a box must remain within the picture, or it is taken away
BOX = 5  # numbers: x1, y1, x2, y2, code; then come the cells of the mask


def moved_codes(y: Tensor, matrix: Tensor) -> Tensor:
    """Read codes (B, H, W) uint8 where matrices say, at the nearest pixels; those from outside are IGNORED."""
    outside = matrix.new_full((1,), IGNORED)
    return sampled(y.unsqueeze(1).float(), matrix, outside, mode="nearest").squeeze(1).to(torch.uint8)


def exactly_moved_codes(y: Tensor, matrix: Tensor, most: int) -> Tensor:
    """Move codes (B, H, W) uint8 by whole pixels; those from outside are IGNORED."""
    return moved_exactly(y.unsqueeze(1), matrix, most, y.new_full((1,), IGNORED)).squeeze(1)


def moved_boxes(y: Tensor, matrix: Tensor, height: int, width: int) -> Tensor:
    """Move boxes (B, most, 5 or 5 + SIDE * SIDE) as their pictures were moved by matrices (B, 3, 3) of moves.py.

    A moved box holds the four moved corners, and is cut at the edges of the picture; one of which less than VISIBLE
    remains becomes a row of -1 (and an empty mask). Rows of -1 stay.
    """
    there = y[..., 4] >= 0
    whole = bounding(y[..., :4], matrix, height, width)
    limit = whole.new_tensor([width, height, width, height])
    boxes = whole.clamp(min=whole.new_zeros(4), max=limit)
    kept = there & (area(boxes) >= VISIBLE * area(whole)) & (area(boxes) > 0)
    found = torch.cat([boxes, y[..., 4:BOX]], -1).masked_fill(~kept.unsqueeze(-1), -1.0)
    if y.shape[-1] == BOX:
        return found
    used = int((kept.any(0) * torch.arange(1, y.shape[1] + 1, device=y.device)).max())
    cells = moved_cells(y[:, :used, BOX:], y[:, :used, :4], boxes[:, :used], matrix, (height, width))
    cells = F.pad(cells * kept[:, :used, None], (0, 0, 0, y.shape[1] - used))  # the last rows are empty everywhere
    return torch.cat([found, cells], -1)


def bounding(boxes: Tensor, matrix: Tensor, height: int, width: int) -> Tensor:
    """Return the boxes (B, most, 4) around the four moved corners, not cut."""
    half = boxes.new_tensor([width / 2, height / 2])
    corners = torch.stack([boxes[..., [0, 1]], boxes[..., [2, 1]], boxes[..., [0, 3]], boxes[..., [2, 3]]], 2) - half
    forward = torch.linalg.inv(matrix)  # from source to result
    places = through(forward, corners.flatten(1, 2)).view(corners.shape) + half
    return torch.cat([places.amin(2), places.amax(2)], -1)


def through(matrix: Tensor, places: Tensor) -> Tensor:
    """Return places (B, n, 2), measured from the middle of the picture, as the matrices (B, 3, 3) map them."""
    moved = places @ matrix[:, :2, :2].transpose(1, 2) + matrix[:, None, :2, 2]
    far = places @ matrix[:, 2, :2].unsqueeze(2) + matrix[:, None, 2:, 2]
    return moved / far


def moved_cells(cells: Tensor, before: Tensor, after: Tensor, matrix: Tensor, size: tuple[int, int]) -> Tensor:
    """Read masks on a grid inside boxes (B, most, SIDE * SIDE) anew for the moved boxes, the nearest cell of each."""
    count, most = cells.shape[:2]
    half = cells.new_tensor([size[1] / 2, size[0] / 2])
    steps = (torch.arange(SIDE, device=cells.device) + 0.5) / SIDE
    unit = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), -1).view(1, 1, -1, 2)  # x, y of each cell
    places = after[..., None, :2] + unit * (after[..., 2:] - after[..., :2]).unsqueeze(2)  # in the result
    source = through(matrix, (places - half).flatten(1, 2)).view(places.shape) + half
    sides = (before[..., 2:] - before[..., :2]).clamp(min=1e-6).unsqueeze(2)
    grid = ((source - before[..., None, :2]) / sides * 2 - 1).view(count * most, SIDE, SIDE, 2)
    squares = cells.reshape(count * most, 1, SIDE, SIDE)
    return F.grid_sample(squares, grid, mode="nearest", padding_mode="zeros", align_corners=False).view(cells.shape)


def area(boxes: Tensor) -> Tensor:
    """Return the areas (...,) of boxes (..., 4)."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
