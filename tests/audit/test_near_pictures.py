"""Near copies of pictures are found, pictures that merely look alike are not; odd pictures are named."""

import io

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image, ImageEnhance, ImageFilter
from torch.nn.functional import interpolate

from profundo.audit import pictures
from profundo.data import load
from profundo.data.copies.hashes import bits, cosines, hashes
from profundo.data.copies.pictures import LEAST, MOST, K, limit, near_pictures, nearest
from profundo.data.copies.register import registered
from profundo.data.raw import Note

CHANGES = ("jpeg", "resized", "brighter", "contrast", "blurred", "cut", "shifted", "mirrored")


def scenes(count, side=32, seed=0):
    """Smooth pictures with edges: soft blobs and a few rectangles; uint8 (count, 3, side, side)."""
    random = np.random.default_rng(seed)
    soft = torch.from_numpy(random.normal(size=(count, 3, 5, 5)).astype(np.float32))
    soft = interpolate(soft, (side, side), mode="bicubic") * 50 + 120
    for i in range(count):
        for _ in range(6):
            (x, y), (w, h) = random.integers(0, side - 4, 2), random.integers(3, side // 2, 2)
            soft[i, :, y : y + h, x : x + w] += torch.from_numpy(random.normal(scale=50, size=(3, 1, 1)))
    return soft.clamp(0, 255).byte()


def changed(pixels, kind):
    """Return one picture (3, h, w) changed a little."""
    image = Image.fromarray(pixels.numpy().transpose(1, 2, 0))
    width, height = image.size
    if kind == "jpeg":
        file = io.BytesIO()
        image.save(file, "JPEG", quality=60)
        image = Image.open(file)
    elif kind == "resized":
        image = image.resize((width * 2 // 3, height * 2 // 3)).resize((width, height))
    elif kind == "brighter":
        image = ImageEnhance.Brightness(image).enhance(1.15)
    elif kind == "contrast":
        image = ImageEnhance.Contrast(image).enhance(0.8)
    elif kind == "blurred":
        image = image.filter(ImageFilter.GaussianBlur(0.7))
    elif kind == "cut":
        image = image.resize((width, height), box=(1, 1, width - 2, height - 1))
    elif kind == "shifted":
        image = Image.fromarray(np.pad(np.asarray(image), ((1, 0), (0, 1), (0, 0)), mode="edge")[:-1, 1:])
    elif kind == "mirrored":
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return torch.from_numpy(np.asarray(image).transpose(2, 0, 1).copy())


@pytest.mark.parametrize("kind", CHANGES)
def test_a_picture_that_was_changed_a_little_is_found_and_no_other(kind):
    pixels = scenes(300)
    copies = torch.stack([changed(p, kind) for p in pixels[:20]])
    pairs = set(map(tuple, near_pictures(torch.cat([pixels, copies])).tolist()))
    assert pairs <= {(i, 300 + i) for i in range(20)} and len(pairs) >= 19


def test_pictures_of_other_sizes_and_grey_ones_too():
    for pixels in (scenes(200, 75), scenes(200, 20)[:, :1], scenes(200, 40)[..., :33]):
        copies = (pixels[:10].float() * 0.9).byte()
        assert set(map(tuple, near_pictures(torch.cat([pixels, copies])).tolist())) == {(i, 200 + i) for i in range(10)}


def test_several_copies_of_one_picture_are_all_found():
    pixels = scenes(200)
    copies = torch.stack([changed(pixels[0], kind) for kind in ("jpeg", "blurred", "brighter", "contrast")])
    pairs = near_pictures(torch.cat([pixels, copies])).tolist()
    assert sorted({row for pair in pairs for row in pair}) == [0, 200, 201, 202, 203]


def test_other_colours_are_another_picture():
    pixels = scenes(200)
    assert len(near_pictures(torch.cat([pixels, pixels[:10].flip(1)]))) <= 1  # one of them has hardly any colour


def test_few_and_blank_pictures_end_in_no_pairs():
    assert near_pictures(scenes(K)).shape == (0, 2)
    assert near_pictures(torch.full((100, 3, 16, 16), 7, dtype=torch.uint8)).shape == (0, 2)


def test_the_search_finds_the_nearest_as_a_search_of_all_pairs_does():
    found = hashes(scenes(500))
    near, mirrored = nearest(found, 5)
    even, odd = found.coarse[:, ~found.odd_coarse], found.coarse[:, found.odd_coarse]
    turned = odd @ odd.T
    likeness = even @ even.T + turned.abs()
    likeness.fill_diagonal_(-9)
    top = likeness.topk(5)
    assert (near == top.indices).float().mean() > 0.99
    assert (mirrored[:, 0] == (turned[torch.arange(500), near[:, 0]] < 0)).all()


def test_the_cosines_are_those_of_scipy():
    from scipy.fft import dctn

    maps = np.random.default_rng(0).normal(size=(3, 12, 15))
    expected = dctn(maps, type=2, norm="ortho", axes=(1, 2))[:, :6, :6]
    assert cosines(torch.from_numpy(maps).float(), 6).numpy() == pytest.approx(expected, abs=1e-5)


def test_the_mirror_only_changes_signs():
    pixels = scenes(20)
    one, other = hashes(pixels), hashes(pixels.flip(-1))
    assert torch.allclose(one.fine * (1 - 2.0 * one.odd_fine), other.fine, atol=1e-4)
    assert torch.allclose(one.coarse * (1 - 2.0 * one.odd_coarse), other.coarse, atol=1e-4)
    assert bits(pixels).shape == (20, 64)


def test_laying_a_shifted_picture_over_the_other_brings_it_near():
    grey = scenes(30, 36).float().mean(1)
    here, there = grey[:, 2:34, 2:34], grey[:, 3:35, 1:33]
    numbers = hashes(grey[:, None, 2:34, 2:34].byte()).fine
    apart = (numbers[1:] - numbers[:-1]).norm(dim=1).median()
    assert registered(here, there).median() < 0.15 * apart
    assert registered(here, here).max() < 1e-3


def test_the_limit_follows_the_dimension_of_the_data():
    random = np.random.default_rng(0)
    limits = []
    for dimensions in (2, 8, 40):
        points = torch.from_numpy(random.random((2000, dimensions)))
        distance = torch.cdist(points, points).fill_diagonal_(9).topk(K, largest=False).values
        limits.append(limit((distance / distance[:, -1:]).numpy()))
    assert limits[0] == LEAST and limits[2] == MOST and LEAST <= limits[1] <= MOST


def source(pixels, parts, labels=None):
    """Return pictures as a data set with these parts."""
    y = labels if labels is not None else np.arange(len(pixels)) % 2
    data = load((pixels.numpy(), y))
    data.splits = {name: torch.from_numpy(np.flatnonzero(parts == i)) for i, name in enumerate(data.splits)}
    return data


def test_look_shows_the_pairs_side_by_side():
    pixels = scenes(240)
    pixels[200:210] = torch.stack([changed(p, "jpeg") for p in pixels[:10]])
    parts = np.repeat([0, 1, 2], [180, 20, 40])
    data = source(pixels, parts)
    (found,) = pictures.look(data)
    assert (found.name, found.severity, found.flag) == ("near copies across parts", "serious", "--copies together")
    assert set(found.pairs) == {(i, 200 + i) for i in range(10)}
    first = found.pairs[0]
    assert [p["row"] for p in found.pictures[:2]] == list(first) and found.pictures[0]["picture"].startswith("iVBOR")
    assert f"row {first[1]}, test" in found.pictures[1]["caption"]
    assert found.facts["share"]["n"] == 60
    within = source(pixels, np.where(np.arange(240) < 215, 0, np.arange(240) % 2 + 1))
    (found,) = pictures.look(within)
    assert (found.name, found.severity, found.flag) == ("near copies", "warning", "--copies drop")


def test_odd_pictures_are_named():
    pixels = scenes(100)
    pixels[7] = 128
    pixels[30:32] = pixels[30:32].float().mean(1, keepdim=True).byte()
    data = source(pixels, np.repeat([0, 1, 2], [60, 20, 20]))
    data.frame = pd.DataFrame({"file": [f"cat/{i}.jpg" for i in range(100)], "y": np.arange(100) % 2})
    data.notes.append(
        Note("warning", "1 of 101 pictures cannot be read: cat/x.jpg is empty. They are left out.", "", True)
    )
    found = {f.name: f for f in pictures.look(data)}
    assert set(found) == {"blank pictures", "odd colours", "broken files"}
    assert found["blank pictures"].rows == (7,) and "cat/7.jpg" in found["blank pictures"].text
    assert found["odd colours"].rows == (7, 30, 31) and "cat/30.jpg" in found["odd colours"].text
    assert "cat/x.jpg" in found["broken files"].text


def test_clean_digits_raise_nothing_and_tables_are_not_looked_at():
    assert pictures.look(load("digits")) == []
    assert pictures.look(load("iris")) == []


def test_clean_mnist_raises_nothing(shared):
    data = load(shared("mnist.npz"), rows=4000)
    assert pictures.look(data) == []
