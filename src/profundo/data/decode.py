"""The one decoder of pictures: training, predicting, serving and the studio all call `decode_image`.

What it does, in this order: reads the header and refuses more than `LIMIT` pixels before any is decoded; lets a big
JPEG decode at a reduced size; turns the picture as its EXIF orientation says; takes the first frame of an animation;
brings every mode to 8 bits; puts transparent pictures on white; resizes with antialiasing, without distortion. Then,
with fit="crop", the centre is kept (the usual way for classification), with "pad" everything, and black is put at the
right or below (the way where places matter). Colour profiles (ICC) are not applied.
"""

import functools
import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError, ProfundoError

if TYPE_CHECKING:
    from PIL import Image

VERSION = 1  # part of the key of the decoded cache: count up when the same file gives other pixels
LIMIT = 100_000_000  # pixels
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF", "ICO", "PCX", "QOI")
SUFFIXES = frozenset(
    {
        *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp"),
        *(".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".j2k", ".jpx", ".avif", ".ico", ".pcx", ".qoi"),
    }
)
GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
ORIENTATION = 0x0112  # the EXIF tag

# Pillow warns at 89 megapixels and refuses at twice that; the limit here lies between and is an error with figures.
warnings.filterwarnings("ignore", message=r"Image size \(\d+ pixels\) exceeds limit")


def decode_image(data: bytes, *, channels: int, height: int, width: int, label: str, fit: str = "crop") -> np.ndarray:
    """Return the picture in a file's bytes as uint8 (channels, height, width); channels is 1 (grey) or 3 (RGB).

    Raises DataError that names `label` where the bytes are not a picture, are cut off or damaged, or exceed `LIMIT`.
    """
    try:
        with open_image(data, label) as image:
            draft(image, height, width)
            return array(FITS[fit](eight_bits(upright(image)), height, width), channels)
    except (ProfundoError, MemoryError):  # a stop by a signal is one of them
        raise
    except Exception as error:  # a damaged file makes Pillow's plugins raise nearly anything
        raise DataError(f"{label} cannot be decoded ({reason(error)}). Repair the file or remove it.") from error


def header(data: bytes | Path, label: str = "the picture") -> tuple[int, int, str, int]:
    """Return (height, width, mode, channels) from the header alone, after EXIF rotation; channels is 1 or 3.

    A PNG whose EXIF stands after its pixels is given unrotated: finding it would mean decoding. Raises DataError.
    """
    try:
        with open_image(data, label) as image:
            width, height = image.size
            if lies_on_side(image):
                width, height = height, width
            return height, width, image.mode, 1 if is_grey(image) else 3
    except (ProfundoError, MemoryError):  # a stop by a signal is one of them
        raise
    except Exception as error:  # as above
        raise DataError(f"{label} cannot be read ({reason(error)}). Repair the file or remove it.") from error


def open_image(data: bytes | Path, label: str) -> "Image.Image":
    """Open a picture, its pixels not decoded yet. Raises DataError where it is none, or larger than `LIMIT`."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(data, bytes) and not data:
        raise DataError(f"{label} is empty (0 bytes). Copy it again or remove it.")
    try:
        image = Image.open(io.BytesIO(data) if isinstance(data, bytes) else data, formats=formats())
    except UnidentifiedImageError as error:
        text = f"{label} is not a picture that can be read, or its header is damaged. Known: {', '.join(formats())}."
        raise DataError(text) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(f"{label} is too large: {error}. Make it smaller or remove it.") from error
    width, height = image.size
    if width * height > LIMIT:
        image.close()
        size = f"{width} x {height} pixels ({width * height / 1e6:.0f} megapixels)"
        raise DataError(f"{label} is {size}; the limit is {LIMIT / 1e6:.0f}. Make it smaller or remove it.")
    return image


@functools.cache
def formats() -> tuple[str, ...]:
    """The formats that are opened: those of photographs. Never EPS, PDF and the like, which run other programs."""
    from PIL import Image

    Image.init()
    return tuple(f for f in FORMATS if f in Image.OPEN)


def is_grey(image: "Image.Image") -> bool:
    """Tell from the header whether the picture has one channel (alpha not counted); a grey palette counts as grey."""
    if image.mode in ("P", "PA") and image.palette is not None:
        colours = np.array(image.getpalette("RGB") or [0, 1, 2], dtype=np.uint8).reshape(-1, 3)
        return bool((colours == colours[:, :1]).all())
    return image.mode in GREY_MODES


def lies_on_side(image: "Image.Image") -> bool:
    """Tell from the header whether EXIF exchanges height and width (Pillow has done it already for TIFF)."""
    if image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info):
        return False
    return image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)


def draft(image: "Image.Image", height: int, width: int) -> None:
    """Let a JPEG decode at 1/2, 1/4 or 1/8, where at least twice the wanted size remains in both directions."""
    side = 2 * max(height, width)  # the same for both, because EXIF may exchange them
    image.draft(image.mode, (side, side))


def upright(image: "Image.Image") -> "Image.Image":
    """Decode the first frame and turn it as EXIF says (all eight orientations)."""
    from PIL import ImageOps

    image.load()
    return ImageOps.exif_transpose(image)


def eight_bits(image: "Image.Image") -> "Image.Image":
    """Return the picture in mode L or RGB: deep pixels scaled, not clipped; transparent ones put on white."""
    mode = image.mode
    if mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    if mode in ("I", "F") or mode.startswith("I;16"):
        return scaled(image)
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        return on_white(image)
    if mode == "LAB":
        return lab_to_rgb(image)
    return image.convert("L" if is_grey(image) else "RGB")


def scaled(image: "Image.Image") -> "Image.Image":
    """Bring 16-bit, 32-bit and float pixels to 0..255.

    16 bits: 65535 is white. 32-bit integers and floats have no agreed white: values within 0..1 (floats), 0..255 or
    0..65535 are read as such, and any other range is stretched from its lowest to its highest value.
    """
    from PIL import Image

    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))
    values = np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0)
    low, high = float(values.min()), float(values.max())
    whites = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    white = next((w for w in whites if low >= 0 and high <= w), None)
    if white is None:
        values, white = values - low, high - low
    return Image.fromarray(np.rint(values * (255 / white)).astype(np.uint8))


def on_white(image: "Image.Image") -> "Image.Image":
    """Put a picture with transparency on a white page."""
    from PIL import Image

    grey = is_grey(image)
    picture = image.convert("RGBA")
    page = Image.new("RGBA", picture.size, "white")
    page.alpha_composite(picture)
    return page.convert("L" if grey else "RGB")


def lab_to_rgb(image: "Image.Image") -> "Image.Image":
    """Convert CIE L*a*b* to sRGB."""
    from PIL import ImageCms

    lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, rgb, outputMode="RGB")
    assert converted is not None  # None only when asked to work in place
    return converted


def crop(image: "Image.Image", height: int, width: int) -> "Image.Image":
    """Resize the shorter side with antialiasing and crop the centre, in one step."""
    from PIL import Image

    if image.size == (width, height):
        return image
    scale = min(image.width / width, image.height / height)  # pixels of the source for one of the result
    left, top = (image.width - scale * width) / 2, (image.height - scale * height) / 2
    box = (max(left, 0), max(top, 0), min(left + scale * width, image.width), min(top + scale * height, image.height))
    return image.resize((width, height), Image.Resampling.BILINEAR, box)


def pad(image: "Image.Image", height: int, width: int) -> "Image.Image":
    """Resize the longer side with antialiasing and put black at the right or below."""
    from PIL import Image

    if image.size == (width, height):
        return image
    inner = inside(image.height, image.width, height, width)
    page = Image.new(image.mode, (width, height))
    page.paste(image.resize((inner[1], inner[0]), Image.Resampling.BILINEAR), (0, 0))
    return page


def inside(rows: int, columns: int, height: int, width: int) -> tuple[int, int]:
    """Return the (height, width) that a picture of rows x columns pixels has inside a page that it is padded to."""
    scale = min(height / rows, width / columns)
    return min(height, max(1, round(rows * scale))), min(width, max(1, round(columns * scale)))


FITS = {"crop": crop, "pad": pad}


def array(image: "Image.Image", channels: int) -> np.ndarray:
    """Return the pixels of a picture in mode L or RGB as (channels, height, width)."""
    if channels not in (1, 3):
        raise DataError(f"a picture is decoded to 1 channel (grey) or 3 (RGB), not {channels}.")
    if channels == 1:
        return np.asarray(image.convert("L"))[None]
    return np.asarray(image.convert("RGB")).transpose(2, 0, 1)


def reason(error: Exception) -> str:
    """Say in a few words what Pillow found wrong."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.strip().split("\n")[0].rstrip(".") or type(error).__name__
