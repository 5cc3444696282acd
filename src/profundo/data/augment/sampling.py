"""Pictures moved by matrices: whole pixels and mirror images exactly, everything else by one sampling.

What comes from beyond an edge repeats the edge, right for white and for black backgrounds, or is a given colour.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

IN_CACHE = 1 << 17  # numbers that are read together: half a megabyte a thread


def moved_exactly(x: Tensor, matrix: Tensor, most: int, outside: Tensor | None) -> Tensor:
    """Move pictures (B, C, H, W), of any kind of number, by whole pixels, at most `most`, and mirror them.

    `matrix` (B, 3, 3) is as in moves.py, its first entries 1 or -1; `outside` (C,) is the colour beyond the edges, or
    None to repeat them.
    """
    if most:
        x = shifted(x, matrix[:, :2, 2].flip(1).round().long(), most, outside)
    for side, place in ((0, 3), (1, 2)):
        mirrored = matrix[:, side, side] < 0
        if bool(mirrored.any()):
            x = torch.where(mirrored.view(-1, 1, 1, 1), x.flip(place), x)
    return x


def shifted(x: Tensor, steps: Tensor, most: int, outside: Tensor | None) -> Tensor:
    """Return pictures whose place (row, column) was (row, column) + steps, (B, 2).

    A row of the result is W neighbouring numbers of the padded picture, so one `index_select` of overlapping windows
    does it, several times faster than sampling at real positions.
    """
    count, channels, height, width = x.shape
    padded = framed(x, most, outside)
    line = width + 2 * most
    picture = torch.arange(count * channels, device=x.device).view(count, channels, 1) * (line * (height + 2 * most))
    corner = ((steps[:, 0] + most) * line + steps[:, 1] + most).view(count, 1, 1)
    starts = picture + corner + torch.arange(height, device=x.device) * line  # (B, C, H)
    windows = padded.as_strided((padded.numel() - width + 1, width), (1, 1))
    return windows.index_select(0, starts.view(-1)).view(x.shape)


def framed(x: Tensor, most: int, outside: Tensor | None) -> Tensor:
    """Return the pictures with a frame of `most` pixels."""
    if outside is None:
        return F.pad(x, (most, most, most, most), mode="replicate").contiguous()
    count, channels, height, width = x.shape
    frame = outside.view(1, -1, 1, 1).expand(count, channels, height + 2 * most, width + 2 * most).contiguous()
    frame[:, :, most : most + height, most : most + width] = x
    return frame


def sampled(x: Tensor, matrix: Tensor, outside: Tensor | None, mode: str = "bilinear") -> Tensor:
    """Return the pictures (B, C, H, W) float32 read where matrices (B, 3, 3) of moves.py say, "bilinear" or "nearest".

    A few pictures at a time, copied so that they lie in the processor's cache before they are read here and there.
    """
    height, width = x.shape[2:]
    step = torch.get_num_threads() * max(1, IN_CACHE // x[0].numel()) if x.device.type == "cpu" else len(x)
    moved = torch.empty_like(x) if step < len(x) else x
    for begin in range(0, len(x), step):
        part, grid = x[begin : begin + step], grid_of(matrix[begin : begin + step], height, width)
        read = read_at(part, grid, outside, mode)
        if step >= len(x):
            return read
        moved[begin : begin + step] = read
    return moved


def read_at(x: Tensor, grid: Tensor, outside: Tensor | None, mode: str) -> Tensor:
    """Return the pictures read at the places of a grid (B, H, W, 2) in -1..1."""
    if outside is None:
        return F.grid_sample(x.clone(), grid, mode=mode, padding_mode="border", align_corners=False)
    colour = outside.view(1, -1, 1, 1)
    return F.grid_sample(x - colour, grid, mode=mode, padding_mode="zeros", align_corners=False).add_(colour)


def grid_of(matrix: Tensor, height: int, width: int) -> Tensor:
    """Return (B, height, width, 2): where each pixel comes from, in -1..1 from edge to edge, x first."""
    halves = matrix.new_tensor([2 / width, 2 / height, 1.0]).view(1, 3, 1)
    if not bool(matrix[:, 2, :2].any()):
        return places_of((matrix * halves)[:, :2], height, width)
    places = places_of(matrix * halves, height, width)
    return places[..., :2] / places[..., 2:]


def places_of(rows: Tensor, height: int, width: int) -> Tensor:
    """Return (B, height, width, k): rows (B, k, 3) times (x, y, 1) of each pixel, measured from the middle."""
    count, numbers = rows.shape[:2]
    x = torch.arange(width, device=rows.device) + (0.5 - width / 2)
    y = torch.arange(height, device=rows.device) + (0.5 - height / 2)
    across = x.view(1, -1, 1) * rows[:, None, :, 0] + rows[:, None, :, 2]  # (B, W, k)
    down = rows[:, None, :, 1].expand(-1, width, -1).reshape(count, 1, -1)  # (B, 1, W k): long lines are fast
    return (y.view(1, -1, 1) * down).add_(across.view(count, 1, -1)).view(count, height, width, numbers)
