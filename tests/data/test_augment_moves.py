import math

import pytest
import torch
from augmenting import batch, change, drawn, schema

from profundo.batch import Batch
from profundo.data.augment import build
from profundo.data.augment.follow import moved_boxes
from profundo.data.augment.moves import Rotate, Shift
from profundo.data.augment.sampling import grid_of, moved_exactly, sampled
from profundo.schema import Boxes, Mask

PLAIN = schema(3, 12, 10)


def random(count=9, height=12, width=10, channels=3):
    return torch.randn(count, channels, height, width, generator=torch.Generator().manual_seed(0))


def test_shift_against_plain_indexing():
    x = random(height=25, width=30)
    made = schema(3, 25, 30)
    numbers = drawn(build("shift", made))
    moved = change("shift", made, x, numbers).x
    for i, (down, right) in enumerate(((numbers * 5).long() - 2).tolist()):
        rows = (torch.arange(25) + down).clamp(0, 24)
        columns = (torch.arange(30) + right).clamp(0, 29)
        assert torch.equal(moved[i], x[i][:, rows][:, :, columns])
    assert change("shift", made, x[:2], torch.tensor([[1.0, 1.0], [0.0, 0.0]])).x.isfinite().all()


def test_shift_reaches_every_step_equally():
    numbers = drawn(build("shift", schema(1, 28, 28)), 20_000)
    steps = Shift(1 / 12).matrix(numbers, 28, 28)[:, :2, 2]
    for step in range(-2, 3):
        assert ((steps == step).float().mean(0) - 0.2).abs().max() < 0.02


def test_flips_mirror_half_and_twice_is_nothing():
    x = random(400)
    for name, place in (("flip", 3), ("vflip", 2)):
        numbers = drawn(build(name, PLAIN), 400)
        mirrored = numbers[:, 0] < 0.5
        out = change(name, PLAIN, x, numbers).x
        assert 150 < mirrored.sum() < 250
        assert torch.equal(out[mirrored], x[mirrored].flip(place))
        assert torch.equal(out[~mirrored], x[~mirrored])
        assert torch.equal(change(name, PLAIN, out, numbers).x, x)


def test_one_sampling_equals_a_slow_one():
    """The bilinear value of each pixel, computed one at a time from the product of the matrices."""
    x = random(3, 7, 9)
    made = schema(3, 7, 9)
    policy = build("rotate:40+scale:0.3+shear:15+perspective:0.4+shift:0.3+flip", made)
    numbers = drawn(policy, 3)
    out = policy.apply(Batch(x, torch.zeros(3), torch.arange(3)), numbers).x
    matrices = policy.stages[0].matrix(numbers).double()
    for i in range(3):
        for row in range(7):
            for column in range(9):
                place = torch.tensor([column + 0.5 - 4.5, row + 0.5 - 3.5, 1], dtype=torch.float64)
                right, down, far = (matrices[i] @ place).tolist()
                u = min(max(right / far + 4.5 - 0.5, 0), 8)
                v = min(max(down / far + 3.5 - 0.5, 0), 6)
                left, top = min(math.floor(u), 7), min(math.floor(v), 5)
                a, b = u - left, v - top
                four = x[i, :, top : top + 2, left : left + 2].double()
                wanted = four @ torch.tensor([1 - a, a]).double() @ torch.tensor([1 - b, b]).double()
                assert torch.allclose(out[i, :, row, column].double(), wanted, atol=1e-4)


def test_whole_pixels_and_sampling_agree():
    made = schema(3, 20, 23)
    geometry = build("crop:0.3+flip+vflip", made).stages[0]
    x = random(16, 20, 23)
    matrix = geometry.matrix(drawn(build("crop:0.3+flip+vflip", made), 16))
    for outside in (None, torch.tensor([0.5, -1.0, 2.0])):
        exact = moved_exactly(x, matrix, 6, outside)
        assert torch.allclose(sampled(x, matrix, outside), exact, atol=2e-4)


def test_pictures_that_fill_the_cache_are_read_in_pieces(monkeypatch):
    x = random(9, 20, 23)
    matrix = build("rotate:30+perspective", PLAIN).stages[0].matrix(drawn(build("rotate:30+perspective", PLAIN)))
    for outside in (None, torch.tensor([0.5, -1.0, 2.0])):
        whole = sampled(x, matrix, outside)
        for numbers in (1, 3 * 3 * 20 * 23):
            monkeypatch.setattr("profundo.data.augment.sampling.IN_CACHE", numbers)
            assert torch.equal(sampled(x, matrix, outside), whole)


def test_moves_say_what_they_do():
    x = torch.zeros(1, 1, 41, 61)
    x[0, 0, 20, 50] = 1  # 20 to the right of the centre
    made = schema(1, 41, 61)

    def where(name, *numbers):
        out = change(name, made, x, torch.tensor([numbers])).x[0, 0]
        rows, columns = torch.arange(41.0) - 20, torch.arange(61.0) - 30
        return [float((out.sum(d) * places).sum() / out.sum()) for d, places in ((1, rows), (0, columns))]

    assert where("affine", 0.5, 0.5, 0.5, 0.5) == pytest.approx((0, 20), abs=1e-3)
    assert where("affine", 0.5, 0.99, 0.5, 0.5) == pytest.approx((0, 17), abs=0.05)  # 41 / 12 pixels
    assert where("shift", 0.0, 0.5) == pytest.approx((3, 20), abs=1e-3)
    assert where("scale", 1.0) == pytest.approx((0, 22), abs=0.1)
    assert where("scale", 0.0) == pytest.approx((0, 18), abs=0.1)
    assert where("shear:30", 0.5, 0.5) == pytest.approx((0, 20), abs=1e-3)
    assert abs(where("shear:30", 0.5, 1.0)[0]) == pytest.approx(20 * math.tan(math.radians(30)), abs=0.2)
    down, right = where("rotate", 1.0)
    assert abs(down) == pytest.approx(20 * math.sin(math.radians(10)), abs=0.1)  # pixels, though not square
    assert right == pytest.approx(20 * math.cos(math.radians(10)), abs=0.1)
    assert where("perspective", 0.5, 0.5) == pytest.approx((0, 20), abs=1e-3)


def test_resized_crop_stays_inside():
    geometry = build("resized-crop:0.9", PLAIN).stages[0]
    matrix = geometry.matrix(drawn(build("resized-crop:0.9", PLAIN), 500))
    grid = grid_of(matrix, 12, 10)
    assert grid.abs().max() < 1
    area = matrix[:, 0, 0] * matrix[:, 1, 1]
    assert 0.1 <= area.min() < 0.15
    assert area.max() <= 1


def test_padded_pictures_have_black_beyond_their_edges():
    made = schema(3, 12, 10, fit="pad")
    black = -torch.tensor(made.image.mean) / torch.tensor(made.image.std)
    for name, numbers in (("shift:0.3", (0.0, 0.5)), ("scale:0.5", (0.0,))):
        out = change(name, made, random(1), torch.tensor([numbers])).x
        assert torch.allclose(out[0, :, 0, 0], black, atol=1e-5)


@pytest.mark.parametrize("name", ["flip+vflip+shift:0.2", "rotate:40+scale:0.4+shear+perspective+flip"])
def test_masks_follow_pictures(name):
    """A picture that shows its own codes is still its mask after any move, away from the edges of regions."""
    made = schema(3, 40, 48, Mask(("a", "b", "c")))
    y = torch.zeros(6, 40, 48, dtype=torch.uint8)
    y[:, 8:24, 10:30] = 1
    y[:, 20:34, 26:40] = 2
    x = y[:, None].float().expand(-1, 3, -1, -1).contiguous()
    out = change(name, made, x, drawn(build(name, made), 6), y)
    seen = out.y != 255
    assert seen.float().mean() > 0.5
    off = (out.x[:, 0] - out.y.float()).abs()[seen]
    assert (off < 0.51).float().mean() > 0.97
    assert (~seen).any()


def rectangles(height, width):
    x = torch.zeros(20, 3, height, width)
    boxes = torch.full((20, 3, 5), -1.0)
    generator = torch.Generator().manual_seed(2)
    for i in range(20):
        left, top = torch.randint(8, 20, (2,), generator=generator).tolist()
        right, bottom = left + 14 + i % 5, top + 12 + i % 7
        x[i, :, top:bottom, left:right] = 1
        boxes[i, 1] = torch.tensor([left, top, right, bottom, 1.0])
    return x, boxes


@pytest.mark.parametrize(
    "name", ["flip+vflip", "shift:0.1+flip", "scale:0.3", "resized-crop:0.2", "scale:0.2+shift+flip"]
)
def test_boxes_follow_white_rectangles(name):
    made = schema(3, 50, 60, Boxes(("a", "b"), 3))
    x, boxes = rectangles(50, 60)
    out = change(name, made, x, drawn(build(name, made), 20), boxes)
    for picture, y in zip(out.x[:, 0], out.y, strict=True):
        assert (y[0] == -1).all()
        assert y[1, 4] == 1
        rows, columns = (torch.nonzero((picture > 0.5).any(d)).flatten() for d in (1, 0))
        seen = torch.tensor([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], dtype=torch.float32)
        assert (y[1, :4] - seen).abs().max() <= (1e-4 if "flip" in name and "scale" not in name else 1.0)


def test_a_box_that_leaves_is_taken_away():
    matrix = Shift(1).matrix(torch.tensor([[0.5, 0.95]]), 20, 20)  # 18 to the left
    y = torch.tensor([[[10.0, 2, 20, 8, 0], [18, 2, 20, 8, 1], [0, 0, 5, 5, 1], [-1, -1, -1, -1, -1]]])
    out = moved_boxes(y, matrix, 20, 20)
    assert torch.equal(out[0, 0], torch.tensor([0.0, 2, 2, 8, 0]))  # a fifth of it remains
    assert torch.equal(out[0, 1], torch.tensor([0.0, 2, 2, 8, 1]))
    assert (out[0, 2:] == -1).all()
    further = Shift(1).matrix(torch.tensor([[0.5, 0.99]]), 20, 20)
    assert (moved_boxes(y, further, 20, 20)[0, 0] == -1).all()


def test_the_only_object_never_leaves():
    made = schema(3, 30, 30, Boxes(("a",), 1, single=True))
    y = torch.tensor([[[26.0, 26, 30, 30, 0]]]).expand(200, 1, 5)
    out = change("shift:0.5", made, random(200, 30, 30), drawn(build("shift:0.5", made), 200), y)
    assert (out.y[:, 0, 4] == 0).all()
    assert (out.y[:, 0, 2] > out.y[:, 0, 0]).all()


def test_turned_boxes_hold_the_turned_corners():
    matrix = Rotate(90).matrix(torch.tensor([[1.0], [0.0]]), 40, 60)
    y = torch.tensor([[[25.0, 10, 35, 14, 0]]]).expand(2, 1, 5)  # around the upright middle line, 8 above the centre
    out = moved_boxes(y, matrix, 40, 60)[:, 0, :4]
    sides = out[:, 2:] - out[:, :2]
    assert torch.allclose(sides, torch.tensor([[4.0, 10.0]]).expand(2, 2), atol=1e-3)
    assert sorted(out[:, 0].round().tolist()) == [20, 36]


def test_masks_in_boxes_follow_flips_exactly():
    made = schema(3, 24, 28, Boxes(("a", "b"), 4, masks=True))
    whole = batch(made, 5)
    there = whole.y[..., 4] >= 0
    for name, place in (("flip:1", 3), ("vflip:1", 2)):
        policy = build(name, made)
        out = policy.apply(whole, drawn(policy, 5))
        before, after = (y[..., 5:].view(5, 4, 28, 28) for y in (whole.y, out.y))
        assert torch.equal(after[there], before.flip(place)[there])
        again = policy.apply(out, drawn(policy, 5))
        assert torch.equal(again.y[..., 5:], whole.y[..., 5:])
        assert torch.allclose(again.y, whole.y, atol=1e-5)


def test_masks_in_boxes_follow_pictures():
    """A disc is drawn both as a picture and as the mask in its box; moved, each still shows the other."""
    made = schema(1, 60, 60, Boxes(("a",), 1, masks=True))
    places = torch.arange(60) + 0.5
    disc = ((places - 30) ** 2 + ((places - 26) ** 2)[:, None]).sqrt() < 14  # around (30, 26)
    half = disc & (places < 30)  # its left half, so that turning and cutting show
    steps = (torch.arange(28) + 0.5) / 28
    cells = half[(12 + steps * 28).long()][:, (16 + steps * 14).long()]
    y = torch.cat([torch.tensor([16.0, 12, 30, 40, 0]), cells.flatten().float()]).expand(8, 1, -1)
    x = half.float().expand(8, 1, 60, 60)
    name = "rotate:60+scale:0.2+shift:0.3+flip"
    out = change(name, made, x, drawn(build(name, made), 8), y)
    for picture, (found,) in zip(out.x[:, 0], out.y, strict=True):
        x1, y1, x2, y2 = found[:4].tolist()
        drawn_mask = torch.zeros(60, 60, dtype=torch.bool)
        for row in range(60):
            for column in range(60):
                u, v = (column + 0.5 - x1) / (x2 - x1), (row + 0.5 - y1) / (y2 - y1)
                if 0 <= u < 1 and 0 <= v < 1:
                    drawn_mask[row, column] = found[5 + int(v * 28) * 28 + int(u * 28)] > 0.5
        seen = picture > 0.5
        seen[[0, -1]] = drawn_mask[[0, -1]]  # beyond the edges the picture repeats them
        seen[:, [0, -1]] = drawn_mask[:, [0, -1]]
        both = (seen & drawn_mask).sum() / (seen | drawn_mask).sum()
        assert both > 0.85
