"""Examples as a person can look at them."""

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..schema import Audio, Image, Series, Strokes, Video
from .sketch import sketched
from .spectrogram import RANGE, decibels
from .strokes import decoded, drawn

if TYPE_CHECKING:
    from .dataset import Data

COLOURS = ((8, 6, 40), (70, 15, 110), (150, 40, 110), (220, 85, 70), (250, 160, 50), (252, 250, 190))  # faint to loud
PAGE = 96  # pixels of the side of a drawing
SHOWN = 8  # frames of a clip
LARGER = 3  # times that a spectrogram is drawn larger


def picture(data: "Data", position: int) -> str | None:
    """Return an example as a PNG in base64: its pixels, a sound's spectrogram, frames of a clip, lines of a series."""
    match data.schema.shaped:
        case Image():
            return png(data.x[position])
        case Audio() as kind:
            return png(coloured(decibels(data.x[position : position + 1], kind)[0]))
        case Video():
            return png(strip(data.x[position]))
        case Series() as kind:
            return png(sketched(data.x[position], kind))
        case Strokes():
            return png(torch.from_numpy(255 - drawn(decoded(data.x[position].cpu().numpy()), PAGE))[None])
    return None


def strip(frames: Tensor, most: int = SHOWN) -> Tensor:
    """Put some frames of a clip (frames, channels, H, W) side by side, at even distances, white between."""
    every = frames[torch.linspace(0, len(frames) - 1, min(most, len(frames))).round().long()]
    return F.pad(every, (0, 2), value=255).permute(1, 2, 0, 3).flatten(2)[..., :-2]


def coloured(levels: Tensor, larger: int = LARGER) -> Tensor:
    """Draw a spectrogram (mels, frames) in decibels, -RANGE to 0, as pixels (3, height, width), low pitches below."""
    place = (1 + levels.cpu() / RANGE).clamp(0, 1) * (len(COLOURS) - 1)
    low = place.long().clamp(max=len(COLOURS) - 2)
    table = torch.tensor(COLOURS).float()
    mixed = torch.lerp(table[low], table[low + 1], (place - low).unsqueeze(-1)).round().to(torch.uint8)
    drawn = mixed.permute(2, 0, 1).flip(1)
    return drawn.repeat_interleave(larger, 1).repeat_interleave(larger, 2)


def png(pixels: Tensor) -> str:
    """Return uint8 pixels (channels, height, width) as a PNG, in base64."""
    from PIL import Image as Pillow

    array = pixels.cpu().numpy()
    image = Pillow.fromarray(array[0] if len(array) == 1 else np.moveaxis(array[:3], 0, -1))
    file = io.BytesIO()
    image.save(file, format="PNG")
    return base64.b64encode(file.getvalue()).decode()
