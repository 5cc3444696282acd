"""A column of pictures that are already decoded: one array."""

from dataclasses import dataclass

import numpy as np

from ..errors import DataError
from .decode import FITS, array
from .pictures import spread
from .raw import Survey


@dataclass(frozen=True, eq=False)
class PixelPictures:
    """Pictures in an array `pixels` (N, channels, height, width) uint8 with 1 or 3 channels."""

    pixels: np.ndarray
    name: str

    def __len__(self) -> int:
        return len(self.pixels)

    def label(self, row: int) -> str:
        """Name the picture for messages."""
        return f"{self.name} row {row}"

    def survey(self) -> Survey:
        """Say the one size and mode of all pictures."""
        count, channels, height, width = self.pixels.shape
        mode = "L" if channels == 1 else "RGB"
        return Survey(sizes=[(height, width)] * count, modes={mode: count}, grey=channels == 1)

    def decode(self, rows: np.ndarray, channels: int, height: int, width: int, fit: str = "crop") -> np.ndarray:
        """Return (len(rows), channels, height, width) uint8: the array itself where all rows are asked for as they are.

        Other sizes and channels go the way of every decoded picture (see decode.py).
        """
        if self.pixels.shape[1:] == (channels, height, width):
            if len(rows) == len(self.pixels) and np.array_equal(rows, np.arange(len(rows))):
                return np.ascontiguousarray(self.pixels)
            return self.pixels[rows]
        out = np.empty((len(rows), channels, height, width), np.uint8)
        if self.pixels.shape[2:] == (height, width) and channels == 3:
            out[:] = self.pixels[rows]  # grey as RGB
            return out

        def work(begin: int, end: int) -> list[None]:
            for i in range(begin, end):
                out[i] = resized(self.pixels[rows[i]], channels, height, width, fit)
            return []

        spread(work, len(rows), 256)
        return out


def resized(pixels: np.ndarray, channels: int, height: int, width: int, fit: str) -> np.ndarray:
    """Bring one picture (C, H, W) to another size and number of channels, as the decoder does."""
    from PIL import Image

    image = Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    return array(FITS[fit](image, height, width), channels)


def from_array(values: np.ndarray, label: str) -> PixelPictures:
    """Take pictures from an array (N, H, W), (N, H, W, C) or (N, C, H, W) of uint8, bool, integers or floats.

    C is 1, 3 or 4 (with alpha, put on white); where both ends could be C, it is the last. Numbers within 0..1 are
    multiplied by 255, numbers within 0..255 are rounded, larger uint16 are divided by 257. Raises DataError for other
    ranges and shapes.
    """
    values = np.asarray(values)
    if 0 in values.shape:
        raise DataError(f"{label} has the shape {values.shape}: there are no pictures in it.")
    pixels = eight_bits(values, label)
    if pixels.ndim == 3:
        pixels = pixels[:, None]
    elif pixels.ndim == 4 and pixels.shape[3] in (1, 3, 4):
        pixels = pixels.transpose(0, 3, 1, 2)
    elif pixels.ndim != 4 or pixels.shape[1] not in (1, 3, 4):
        raise DataError(
            f"{label} has the shape {values.shape}; pictures are (N, height, width), (N, height, width, channels) or "
            "(N, channels, height, width) with 1, 3 or 4 channels."
        )
    return PixelPictures(on_white(pixels) if pixels.shape[1] == 4 else pixels, label)


def eight_bits(values: np.ndarray, label: str) -> np.ndarray:
    """Bring numbers to uint8. Raises DataError where their range does not say what is white."""
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind not in "iuf":
        raise DataError(f"{label} holds {values.dtype}, not pixels. Pictures are uint8, bool, or floats within 0..1.")
    low, high = float(values.min()), float(values.max())
    if values.dtype == np.uint16 and high > 255:
        return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    white = 1.0 if high <= 1 else 255.0
    if not (low >= 0 and high <= 255):  # also where there are NaNs
        found = "missing or infinite values" if not np.isfinite(low + high) else f"values from {low:g} to {high:g}"
        raise DataError(
            f"{label} holds {found}; pixels are within 0..1 or 0..255. Rescale them, as (x - min) / (max - min)."
        )
    return rounded(values, 255 / white)


def rounded(values: np.ndarray, scale: float) -> np.ndarray:
    """Return round(values * scale) as uint8, a few pictures at a time so that no second float copy is held."""
    out = np.empty(values.shape, np.uint8)
    step = max(1, 10_000_000 // max(1, values[0].size))
    for begin in range(0, len(values), step):
        out[begin : begin + step] = np.rint(values[begin : begin + step] * scale)
    return out


def on_white(pixels: np.ndarray) -> np.ndarray:
    """Put RGBA pictures (N, 4, H, W) on white."""
    alpha = pixels[:, 3:].astype(np.float32) / 255
    return np.rint(pixels[:, :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
