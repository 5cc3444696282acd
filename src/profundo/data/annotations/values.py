"""Opening a picture of values: a mask of classes, or of ids, its numbers as they are stored."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...errors import DataError, ProfundoError
from ..decode import open_image, reason, upright

LOSSLESS = frozenset({"PNG", "BMP", "GIF", "TIFF", "PPM", "WEBP", "QOI", "PCX"})


def read_values(source: Path | bytes, label: str, colours: bool = False) -> np.ndarray:
    """Return the values of a mask (height, width): the index of a palette, a grey level or 16 bits, as int64.

    A picture in colour, or any with `colours`, gives red * 65536 + green * 256 + blue; alpha is passed over. Raises
    DataError where it cannot be read, is damaged, or is a JPEG, whose values are not exact.
    """
    try:
        with open_image(source, label) as opened:
            if opened.format not in LOSSLESS:
                raise DataError(f"{label} is {opened.format}, which changes values; a mask must be a PNG.")
            image = upright(opened)
            if colours or (image.mode not in ("1", "L", "P", "I", "LA", "PA") and not image.mode.startswith("I;16")):
                red, green, blue = np.moveaxis(np.asarray(image.convert("RGB"), np.int64), 2, 0)
                return red << 16 | green << 8 | blue
            values = np.asarray(image).astype(np.int64)
            return values[..., 0] if values.ndim == 3 else values
    except (ProfundoError, MemoryError):
        raise
    except Exception as error:  # a damaged file makes Pillow's plugins raise nearly anything
        raise DataError(f"{label} cannot be decoded ({reason(error)}).") from error


def are_colours(masks: Sequence[Path]) -> bool:
    """Say by the header of the first mask that can be read whether masks are in colour (not grey, palette, 16 bits)."""
    for mask in masks:
        try:
            with open_image(mask, mask.name) as image:
                return image.mode in ("RGB", "RGBA", "RGBX", "CMYK", "YCbCr")
        except DataError:  # the mask is named when its pixels are read
            continue
        except (ProfundoError, MemoryError):
            raise
        except Exception:  # as above
            continue
    return False
