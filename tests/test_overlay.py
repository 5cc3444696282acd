"""What is drawn on a picture is where it should be, in its colour, and large enough to be seen."""

import numpy as np
from faster_coco_eval.core import mask as coco

from profundo.objects import IGNORED, Objects
from profundo.overlay import COLOURS, SMALLEST, TINT, beside, colour, draw, to_png

GREY = np.full((1, 28, 56), 100, np.uint8)


def objects(**how):
    return Objects(28, 56, np.array([[8.0, 12.0, 24.0, 24.0]]), np.array([2]), **how)


def test_a_box_is_drawn_where_it_is_and_small_pictures_are_enlarged():
    image = draw(GREY, objects(), ("a", "b", "c"))
    assert max(image.size) == SMALLEST and image.size == (224, 112)
    times = 4
    assert image.getpixel((8 * times, 20 * times)) == COLOURS[2], "the left edge"
    assert image.getpixel((24 * times, 20 * times)) == COLOURS[2], "the right edge"
    assert image.getpixel((16 * times, 18 * times)) == (100, 100, 100), "nothing inside without a mask"
    assert image.getpixel((200, 20)) == (100, 100, 100)


def test_masks_are_tinted_whether_they_are_codes_or_grids():
    whole = np.zeros((28, 56), np.uint8)
    whole[12:24, 8:24] = 1
    tint = tuple(int(100 * (1 - TINT) + c * TINT) for c in COLOURS[2])
    for how in ({"masks": [coco.encode(np.asfortranarray(whole))]}, {"crops": np.ones((1, 28, 28), np.float32)}):
        image = draw(GREY, objects(**how), ("a", "b", "c"))
        assert np.abs(np.array(image.getpixel((16 * 4, 20 * 4))) - tint).max() <= 2
        assert image.getpixel((40 * 4, 20 * 4)) == (100, 100, 100)


def test_a_map_is_tinted_and_what_has_no_label_is_not():
    codes = np.zeros((28, 56), np.uint8)
    codes[:, 28:] = IGNORED
    image = draw(GREY, codes, ("a",))
    assert image.getpixel((10, 10)) != (100, 100, 100) and image.getpixel((200, 10)) == (100, 100, 100)


def test_labels_have_colours_of_their_own():
    assert len({colour(code) for code in range(12)}) == 12 and colour(12) == colour(0)


def test_the_label_is_written_and_pictures_stand_side_by_side():
    plain, named = draw(GREY, objects(), ("", "", "")), draw(GREY, objects(scores=np.array([0.9])), ("", "", "cat"))
    assert plain.tobytes() != named.tobytes()
    both = beside([plain, named])
    assert both.size == (224 * 2 + 6, 112) and to_png(both).startswith(b"\x89PNG")
