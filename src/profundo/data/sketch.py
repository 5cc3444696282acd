"""A series as a small picture: a line for each channel, from its first step to its last."""

import numpy as np
import torch
from torch import Tensor

from ..schema import Series

SIDE = 144  # pixels
EDGE = 4
LINES = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (230, 159, 0))  # Okabe and Ito


def sketched(x: Tensor, kind: Series) -> Tensor:
    """Draw one series x (steps, values) as pixels (3, height, width) uint8; six channels at most."""
    from PIL import Image, ImageDraw

    values = x.cpu().numpy()
    length = int(values[:, -1].sum()) if kind.ragged else len(values)
    shown = values[: max(length, 1), : min(len(kind.channels), len(LINES))]
    low, high = float(shown.min()), float(shown.max())
    across = np.linspace(EDGE, SIDE - EDGE, max(kind.steps, 2))[: len(shown)]
    up = SIDE - EDGE - (shown - low) / max(high - low, 1e-9) * (SIDE - 2 * EDGE)
    page = Image.new("RGB", (SIDE, SIDE), "white")
    pen = ImageDraw.Draw(page)
    for channel, colour in zip(range(shown.shape[1]), LINES, strict=False):
        pen.line(list(zip(across.tolist(), up[:, channel].tolist(), strict=True)), fill=colour, width=1)
    return torch.from_numpy(np.array(page)).permute(2, 0, 1)
