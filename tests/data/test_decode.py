"""One picture in every format, mode and orientation gives one tensor; damaged ones one clear line."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from profundo.data.decode import LIMIT, decode_image, header
from profundo.errors import DataError

TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def blocks(channels=3, seed=0):
    """A picture (48, 64) of 8x8 blocks, so that JPEG changes it little."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (6, 8, channels), dtype=np.uint8)
    return np.kron(small, np.ones((8, 8, 1), np.uint8)).squeeze()


def saved(image, form="PNG", **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def decoded(data, channels=3, height=48, width=64):
    return decode_image(data, channels=channels, height=height, width=width, label="twin.png")


def difference(a, b):
    return int(np.abs(a.astype(int) - b.astype(int)).max())


@pytest.mark.parametrize(
    ("form", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("TIFF", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG", {"quality": 95, "subsampling": 0}, 2),
    ],
)
@pytest.mark.parametrize("orientation", TURNS)
def test_exif_orientations_are_twins(form, options, tolerance, orientation):
    pixels = blocks()
    image = Image.fromarray(pixels)
    turn = TURNS[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(image if turn is None else image.transpose(turn), form, exif=exif, **options)
    assert header(data)[:2] == (48, 64)
    assert difference(decoded(data), pixels.transpose(2, 0, 1)) <= tolerance


def grey_twins():
    grey = blocks(1)
    image = Image.fromarray(grey)
    deep = grey.astype(np.uint16) * 257
    opaque = np.full_like(grey, 255)
    palette = Image.fromarray(grey)
    palette = palette.convert("P")
    return {
        "L": saved(image),
        "16-bit PNG": saved(Image.fromarray(deep)),
        "16-bit TIFF": saved(Image.fromarray(deep), "TIFF"),
        "16-bit big-endian PGM": b"P5 64 48 65535\n" + deep.astype(">u2").tobytes(),
        "32-bit TIFF": saved(Image.fromarray(grey.astype(np.int32)), "TIFF"),
        "float TIFF 0..1": saved(Image.fromarray(grey.astype(np.float32) / 255), "TIFF"),
        "float TIFF 0..255": saved(Image.fromarray(grey.astype(np.float32)), "TIFF"),
        "LA": saved(Image.merge("LA", (image, Image.fromarray(opaque)))),
        "P": saved(palette),
        "GIF": saved(palette, "GIF"),
        "BMP": saved(image, "BMP"),
    }


@pytest.mark.parametrize("name", grey_twins())
@pytest.mark.parametrize("channels", [1, 3])
def test_grey_modes_are_twins(name, channels):
    data = grey_twins()[name]
    assert difference(decoded(data, channels), np.repeat(blocks(1)[None], channels, 0)) == 0
    height, width, _, found = header(data)
    assert (height, width, found) == (48, 64, 1)


def test_sixteen_bits_are_scaled_not_clipped():
    deep = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    assert decoded(saved(Image.fromarray(deep)), 1, 16, 16).ravel().tolist() == list(range(256))


def test_colour_modes_are_twins():
    pixels = blocks()
    image = Image.fromarray(pixels)
    few = np.kron(np.eye(2, dtype=np.uint8), np.ones((24, 32), np.uint8))
    palette = Image.fromarray(few).convert("P")
    palette.putpalette([255, 0, 0, 0, 0, 255])
    assert difference(decoded(saved(image.convert("RGBA"))), pixels.transpose(2, 0, 1)) == 0
    assert difference(decoded(saved(image, "PPM")), pixels.transpose(2, 0, 1)) == 0
    assert decoded(saved(palette))[:, 0, 0].tolist() == [0, 0, 255]
    assert decoded(saved(palette))[:, 0, -1].tolist() == [255, 0, 0]
    assert header(saved(palette))[3] == 3
    cmyk = decoded(saved(image.convert("CMYK"), "JPEG", quality=100, subsampling=0))
    assert difference(cmyk, pixels.transpose(2, 0, 1)) <= 4


def test_lab_becomes_rgb():
    image = Image.fromarray(blocks())
    lab = ImageCms.profileToProfile(
        image, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    found = decoded(saved(lab, "TIFF"))
    assert np.abs(found.astype(int) - blocks().transpose(2, 0, 1)).mean() < 3


def test_transparency_is_white():
    clear = np.zeros((48, 64, 4), np.uint8)
    clear[:, 32:] = (10, 20, 30, 255)
    found = decoded(saved(Image.fromarray(clear)))
    assert found[:, 0, 0].tolist() == [255, 255, 255]
    assert found[:, 0, -1].tolist() == [10, 20, 30]
    palette = Image.fromarray(np.kron(np.eye(2, dtype=np.uint8), np.ones((24, 32), np.uint8))).convert("P")
    palette.putpalette([255, 0, 0, 0, 0, 255])
    assert decoded(saved(palette, transparency=1))[:, 0, 0].tolist() == [255, 255, 255]
    grey = Image.merge("LA", (Image.new("L", (64, 48), 0), Image.new("L", (64, 48), 0)))
    assert decoded(saved(grey), 1).min() == 255


def test_one_bit_and_first_frame():
    pixels = blocks(1) > 127
    assert difference(decoded(saved(Image.fromarray(pixels)), 1)[0], pixels * 255) == 0
    frames = [Image.new("L", (64, 48), shade) for shade in (0, 200)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decoded(data, 1).max() == 0


def test_shorter_side_then_centre_crop():
    wide = np.zeros((10, 30), np.uint8)
    wide[:, 10:20] = 200
    assert decoded(saved(Image.fromarray(wide)), 1, 10, 10).min() == 200  # the middle, untouched
    assert decoded(saved(Image.fromarray(wide)), 1, 5, 5).shape == (1, 5, 5)
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
    small = decoded(saved(Image.fromarray(stripes)), 1, 16, 16)
    assert abs(float(small.mean()) - 127.5) < 2  # antialiased: no stripe is picked
    assert small.std() < 20


def test_a_big_jpeg_is_drafted_to_nearly_the_same_picture():
    pixels = np.kron(blocks(), np.ones((20, 20, 1), np.uint8))  # (960, 1280)
    data = saved(Image.fromarray(pixels), "JPEG", quality=95)
    exact = decoded(saved(Image.fromarray(pixels)), 3, 48, 64)
    assert np.abs(decoded(data, 3, 48, 64).astype(int) - exact).mean() < 2


def bomb(width, height):
    """A PNG whose header announces width x height pixels."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (12_000, 10_000)])
@pytest.mark.parametrize("look", [decoded, lambda data: header(data, "twin.png")])
def test_a_bomb_is_refused_from_its_header(width, height, look):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Image size")  # as decode.py sets it; pytest takes it away
        with pytest.raises(DataError, match=r"twin\.png is .*pixels"):
            look(bomb(width, height))
    assert width * height > LIMIT


def test_damaged_pictures_are_named():
    whole = saved(Image.fromarray(blocks(seed=3)), "JPEG")
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    png = saved(Image.fromarray(noise))
    for data in (b"", b"not a picture", whole[:20], whole[: len(whole) // 2], png[: len(png) // 2], b"%!PS-Adobe-3.0"):
        with pytest.raises(DataError, match=r"twin\.png"):
            decoded(data)
    broken = bytearray(png)
    broken[len(png) // 2] ^= 0xFF
    with pytest.raises(DataError, match=r"twin\.png cannot be decoded"):
        decoded(bytes(broken))


def test_mutants_never_raise_anything_else():
    rng = np.random.default_rng(1)
    sources = [saved(Image.fromarray(blocks()), form) for form in ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of damaged metadata
        for source in sources:
            for _ in range(25):
                data = bytearray(source)
                for place in rng.integers(0, len(data), 3):
                    data[place] = rng.integers(256)
                try:
                    assert decoded(bytes(data)).shape == (3, 48, 64)
                except DataError as error:
                    assert str(error).startswith("twin.png")


def test_two_channels_are_refused():
    with pytest.raises(DataError, match="1 channel"):
        decoded(saved(Image.fromarray(blocks())), channels=2)
