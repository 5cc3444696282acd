import pytest
import torch

from profundo.data.augment import NAMES, Affine, Flip, Shift, build
from profundo.errors import UsageError
from profundo.schema import Image

GREY = Image(channels=1, height=28, width_pixels=28, mean=(0.1,), std=(0.3,))
COLOUR = Image(channels=3, height=32, width_pixels=32)


def batch(count=9, channels=3, height=12, width=10):
    return torch.randn(count, channels, height, width, generator=torch.Generator().manual_seed(0))


def draw(augment, count=9, seed=0):
    return augment.draw(count, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", [n for n in NAMES if n != "none"])
@pytest.mark.parametrize("channels", [1, 3])
def test_pieces_of_a_batch_are_pieces_of_the_result(name, channels):
    augment = build(name, Image(channels=channels, height=24, width_pixels=28))
    x = batch(10, channels, 24, 28)
    before = x.clone()
    drawn = draw(augment, 10)
    assert drawn.shape[0] == 10
    whole = augment.apply(x, drawn)
    assert torch.equal(x, before)  # the batch itself is left alone
    assert whole.shape == x.shape
    assert not torch.equal(whole, x)
    for begin, end in ((0, 1), (1, 7), (7, 10)):
        assert torch.equal(augment.apply(x[begin:end], drawn[begin:end]), whole[begin:end])
    assert torch.equal(augment.apply(x, draw(augment, 10)), whole)


def test_shift_against_plain_indexing():
    x = batch()
    drawn = draw(Shift(2), 9)
    moved = Shift(2).apply(x, drawn)
    steps = (drawn * 5).long() - 2
    for i, (down, right) in enumerate(steps.tolist()):
        rows = (torch.arange(12) + down).clamp(0, 11)
        columns = (torch.arange(10) + right).clamp(0, 9)
        assert torch.equal(moved[i], x[i][:, rows][:, :, columns])
    assert Shift(2).apply(x[:2], torch.tensor([[1.0, 1.0], [0.0, 0.0]])).isfinite().all()


def test_shift_reaches_every_step_equally():
    steps = (draw(Shift(2), 20_000) * 5).long() - 2
    for step in range(-2, 3):
        assert ((steps == step).float().mean(0) - 0.2).abs().max() < 0.02


def test_flip_mirrors_half():
    x = batch(400)
    mirrored = draw(Flip(), 400)[:, 0] < 0.5
    out = Flip().apply(x, draw(Flip(), 400))
    assert 150 < mirrored.sum() < 250
    assert torch.equal(out[mirrored], x[mirrored].flip(3))
    assert torch.equal(out[~mirrored], x[~mirrored])


def test_affine_in_the_middle_of_its_range_changes_nothing():
    x = batch()
    assert torch.allclose(Affine(2).apply(x, torch.full((9, 4), 0.5)), x, atol=1e-5)


def test_affine_moves_scales_and_turns_as_it_says():
    x = torch.zeros(1, 1, 41, 61)
    x[0, 0, 20, 50] = 1  # 20 to the right of the centre

    def where(turn=0.5, scale=0.5, down=0.5, right=0.5):
        out = Affine(2).apply(x, torch.tensor([[turn, scale, down, right]]))[0, 0]
        rows, columns = torch.arange(41.0), torch.arange(61.0)
        return ((out.sum(1) * rows).sum() / out.sum() - 20).item(), (
            (out.sum(0) * columns).sum() / out.sum() - 30
        ).item()

    assert where() == pytest.approx((0, 20), abs=1e-3)
    assert where(right=1.0) == pytest.approx((0, 18), abs=0.05)
    assert where(down=0.0) == pytest.approx((2, 20), abs=0.05)
    assert where(scale=1.0) == pytest.approx((0, 22), abs=0.1)
    assert where(scale=0.0) == pytest.approx((0, 18), abs=0.1)
    down, right = where(turn=1.0)
    assert abs(down) == pytest.approx(
        20 * 0.1736, abs=0.1
    )  # sin 10 degrees, in pixels though the picture is not square
    assert right == pytest.approx(20 * 0.9848, abs=0.1)


def test_auto_never_mirrors_grey_pictures():
    assert build("auto", GREY) == build("shift", GREY) == Shift(2)
    assert build("auto", COLOUR) == build("shift+flip", COLOUR)
    assert build("none", GREY) is None
    assert build("shift", Image(channels=1, height=8, width_pixels=8)) == Shift(1)


def test_unknown_names():
    with pytest.raises(UsageError, match="Did you mean 'affine'"):
        build("afine", GREY)
