"""A drawing is made to look like those of the training: size, place, pen and ground."""

import numpy as np
import pytest
import torch

from profundo.data.dataset import Data
from profundo.errors import UsageError
from profundo.inside import inside
from profundo.inside.example import lines_of
from profundo.inside.ink import box_of, learn_ink, thickness, weight_of, written
from profundo.inside.opened import opened
from profundo.schema import Category, Image, Schema

SEVEN = "50,50 200,50 120,240"
ZERO = "140,40 90,90 90,190 140,240 190,190 190,90 140,40"
THREE = "60,60 100,40 150,60 150,110 100,130 150,150 160,200 110,230 60,210"


def data_of(pictures: np.ndarray) -> Data:
    x = torch.from_numpy(pictures)
    count, channels, height, width = x.shape
    image = Image(channels, height, width, (0.5,) * channels, (0.25,) * channels)
    schema = Schema({"image": image}, {"label": Category(("a", "b"))})
    y, rows = torch.zeros(count, dtype=torch.int64), torch.arange(count)
    return Data("made", schema, "classification", x, y, rows, {"train": rows})


def strokes(ground: int, ink: int, wide: int, channels: int = 1) -> np.ndarray:
    """Pictures of upright lines, 20 of 28 pixels long and `wide` thick, in the middle of each."""
    pictures = np.full((50, channels, 28, 28), ground, np.uint8)
    pictures[:, :, 4:24, 14 - wide // 2 : 14 + wide - wide // 2] = ink
    return pictures


@pytest.mark.parametrize(("ground", "ink", "channels"), [(0, 255, 1), (255, 20, 1), (250, 10, 3)])
@pytest.mark.parametrize("wide", [2, 4])
def test_a_drawing_gets_size_place_pen_and_ground_of_the_training(ground, ink, channels, wide):
    data = data_of(strokes(ground, ink, wide, channels))
    learnt = learn_ink(data)
    assert learnt.ground == ground and learnt.full == pytest.approx(ink, abs=1)
    assert learnt.size == pytest.approx(20 / 28) and learnt.centre == pytest.approx((0.5, 0.5), abs=0.01)
    drawn = written(lines_of(THREE), learnt, data.schema.image)
    assert drawn.shape == (channels, 28, 28) and (drawn[0] == drawn[-1]).all()
    inked = np.clip((drawn[0].astype(float) - ground) / (ink - ground), 0, 1)
    top, bottom, left, right = box_of(inked)
    assert max(bottom - top, right - left) == pytest.approx(20 / 28, abs=1.5 / 28)
    middle = weight_of(inked) if learnt.weight else ((top + bottom) / 2, (left + right) / 2)
    assert middle == pytest.approx((0.5, 0.5), abs=1.1 / 28)
    assert thickness(inked) == pytest.approx(learnt.thickness, rel=0.15)


def test_where_and_how_large_a_drawing_was_does_not_matter():
    data = data_of(strokes(0, 255, 3))
    learnt = learn_ink(data)
    here = written(lines_of(SEVEN), learnt, data.schema.image)
    there = written([line * 0.31 + 700 for line in lines_of(SEVEN)], learnt, data.schema.image)
    apart = np.abs(here.astype(int) - there)
    assert apart.mean() < 1 and apart.max() < 64  # the edges fall on other pixels of the fine page


def test_photos_are_no_drawings():
    photos = np.random.default_rng(0).integers(0, 256, (60, 3, 16, 16)).astype(np.uint8)
    assert learn_ink(data_of(photos)) is None
    assert learn_ink(data_of(np.full((60, 1, 16, 16), 90, np.uint8))) is None


def test_digits_are_drawings_and_drawn_ones_are_read(digits_run):
    assert opened(digits_run).ink.size == pytest.approx(1.0)
    said = {drawing: inside(digits_run, drawing=drawing).answer["predicted"] for drawing in (ZERO, THREE)}
    assert said == {ZERO: "0", THREE: "3"}


@pytest.mark.parametrize("drawing", ["", ";", "1,2,3", "a,b", "1 2", "1,nan 2,3", " ".join(["1,1"] * 6000)])
def test_what_is_no_drawing_is_told(drawing):
    with pytest.raises(UsageError, match="a drawing is lines of points"):
        lines_of(drawing)


def test_drawings_are_for_networks_that_know_them(table_run):
    with pytest.raises(UsageError, match="not trained on drawings"):
        inside(table_run, drawing=SEVEN)
