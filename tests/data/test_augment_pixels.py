"""Colour, blur, noise, erasing and mixing: what happens to pixels that stay where they are."""

import colorsys
import math

import pytest
import torch
from augmenting import back, batch, change, drawn, normalised, pixels, schema

from profundo.batch import Batch
from profundo.data.augment import build
from profundo.data.augment.mix import beta
from profundo.schema import Boxes, Mask

COLOUR, GREY = schema(3, 10, 12), schema(1, 10, 12)
LUMA = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)


def apply(name, made, *numbers, p=None):
    """Return the changed pixels, within 0..1, of one picture."""
    p = pixels(1, *made.shape) if p is None else p
    return back(change(name, made, normalised(p, made), torch.tensor([numbers])).x, made)[0], p[0]


def test_light_and_contrast():
    for made in (COLOUR, GREY):
        out, p = apply("brightness:0.3", made, 1.0)
        assert torch.allclose(out, (p * 1.3).clamp(0, 1), atol=1e-5)
        out, p = apply("contrast:0.3", made, 1.0)
        middle = (p * LUMA).sum(0).mean() if made is COLOUR else p.mean()
        assert torch.allclose(out, (middle + 1.3 * (p - middle)).clamp(0, 1), atol=1e-5)
        out, p = apply("brightness+contrast", made, 0.5, 0.5)
        assert torch.allclose(out, p, atol=1e-5)


def test_saturation_and_grey():
    out, p = apply("saturation:1", COLOUR, 0.0)
    grey = (p * LUMA).sum(0).expand(3, -1, -1)
    assert torch.allclose(out, grey, atol=1e-5)
    out, p = apply("saturation:0.4", COLOUR, 1.0, p=pixels(1, 3, 10, 12) * 0.2 + 0.4)
    assert torch.allclose(out, 1.4 * p - 0.4 * (p * LUMA).sum(0), atol=1e-5)
    assert torch.allclose(apply("grey:0.5", COLOUR, 0.4)[0], grey, atol=1e-5)
    assert torch.allclose(apply("grey:0.5", COLOUR, 0.6)[0], pixels(1, 3, 10, 12)[0], atol=1e-5)


def test_hue_keeps_luma_and_turns_the_circle():
    p = pixels(1, 3, 10, 12) * 0.1 + 0.45
    for number in (0.1, 0.3, 0.8):
        out, _ = apply("hue:0.5", COLOUR, number, p=p)
        assert torch.allclose((out * LUMA).sum(0), (p[0] * LUMA).sum(0), atol=1e-4)
        i, q = (0.595716, -0.274453, -0.321263), (0.211456, -0.522591, 0.311135)
        before, after = (torch.tensor([i, q]) @ v.flatten(1) for v in (p[0], out))
        turn = torch.atan2(after[1], after[0]) - torch.atan2(before[1], before[0])
        turn = torch.remainder(turn + 1e-3, 2 * math.pi) - 1e-3
        assert torch.allclose(turn, torch.full_like(turn, (2 * number - 1) * math.pi % (2 * math.pi)), atol=2e-2)
        assert torch.allclose(before.norm(dim=0), after.norm(dim=0), atol=1e-4)
    red = torch.tensor([0.6, 0.4, 0.4]).view(1, 3, 1, 1).expand(1, 3, 10, 12)
    there = apply("hue:0.3333", COLOUR, 1.0, p=red)[0][:, 0, 0].tolist()
    assert abs(colorsys.rgb_to_hsv(*there)[0] - colorsys.rgb_to_hsv(0.6, 0.4, 0.4)[0]) > 0.2


def test_changes_of_colour_together_are_those_one_after_the_other():
    p = pixels(1, 3, 10, 12) * 0.3 + 0.35  # far enough from 0 and 1 that nothing is limited in between
    numbers = (0.7, 0.2, 0.9, 0.6, 0.3)
    names = ("brightness", "contrast:0.5", "saturation:0.5", "hue:0.1", "grey:0.2")
    together, _ = apply("+".join(names), COLOUR, *numbers, p=p)
    after = p
    for name, number in zip(names, numbers, strict=True):
        after = apply(name, COLOUR, number, p=after)[0][None]
    assert torch.allclose(together, after[0], atol=1e-5)


def test_blur_against_a_slow_one():
    out, p = apply("blur:1.5", COLOUR, 0.6)
    reach = round(3 * 1.5)
    weights = [math.exp(-0.5 * (k / (0.6 * 1.5)) ** 2) for k in range(-reach, reach + 1)]
    weights = [w / sum(weights) for w in weights]
    for row, column in ((0, 0), (4, 5), (9, 11), (2, 10)):
        wanted = sum(
            a * b * p[:, min(max(row + i, 0), 9), min(max(column + j, 0), 11)]
            for i, a in zip(range(-reach, reach + 1), weights, strict=True)
            for j, b in zip(range(-reach, reach + 1), weights, strict=True)
        )
        assert torch.allclose(out[:, row, column], wanted, atol=1e-5)
    assert torch.allclose(*apply("blur", COLOUR, 0.0), atol=1e-6)


def test_noise_is_as_strong_as_drawn():
    made = schema(3, 40, 40)
    out, p = apply("noise:0.2", made, 0.5, 0.123)
    off = out - p
    assert off.std() == pytest.approx(0.1, rel=0.05)
    assert abs(off.mean()) < 0.01
    assert not torch.allclose(apply("noise:0.2", made, 0.5, 0.7)[0], out)
    assert torch.equal(apply("noise:0.2", made, 0.0, 0.7)[0], apply("noise:0.2", made, 0.0, 0.1)[0])


def test_erasing_leaves_a_plain_rectangle_of_the_right_size():
    made = schema(3, 40, 50, Mask(("a", "b")))
    policy = build("erase:0.3", made)
    whole = batch(made, 400)
    numbers = drawn(policy, 400)
    out = policy.apply(whole, numbers)
    gone = out.y == 255
    erased = gone.flatten(1).any(1)
    assert torch.equal(erased, numbers[:, 0] < 0.5)
    assert torch.equal(gone, (out.x == 0).all(1))
    assert torch.equal(out.x[~gone[:, None].expand_as(out.x)], whole.x[~gone[:, None].expand_as(out.x)])
    shares = gone.flatten(1).float().mean(1)[erased]
    assert shares.max() < 0.33
    for one in gone[erased]:
        assert one.any(1).sum() * one.any(0).sum() == one.sum()  # a rectangle


def test_erasing_never_hides_an_object():
    made = schema(3, 40, 50, Boxes(("a",), 3))
    whole = batch(made, 300)
    policy = build("erase:0.9", made)
    out = policy.apply(whole, drawn(policy, 300))
    assert torch.equal(out.y, whole.y)
    gone = (out.x == 0).all(1)
    assert gone.any()
    for one, boxes in zip(gone, whole.y[:, :2], strict=True):
        for x1, y1, x2, y2, _ in boxes.round().long().tolist():
            assert one[y1:y2, x1:x2].float().mean() < 0.95


def test_mixup_lays_neighbours_over_each_other():
    whole = batch(COLOUR, 8)
    policy = build("mixup:1", COLOUR)
    numbers = drawn(policy, 8)
    out = policy.apply(whole, numbers)
    assert torch.allclose(out.share, numbers[:, 1], atol=1e-3)  # Beta(1, 1) is uniform
    share = out.share.view(-1, 1, 1, 1)
    assert torch.allclose(out.x, share * whole.x + (1 - share) * whole.x.roll(1, 0), atol=1e-5)
    assert torch.equal(out.y, whole.y)
    assert torch.equal(out.other, whole.y.roll(1, 0))


def test_cutmix_counts_its_pixels():
    whole = batch(COLOUR, 200)
    policy = build("cutmix:0.7", COLOUR)
    numbers = drawn(policy, 200)
    out = policy.apply(whole, numbers)
    partner = whole.x.roll(1, 0)
    other = (out.x == partner).all(1)
    assert torch.equal(torch.where(other[:, None], partner, whole.x), out.x)
    assert torch.allclose(1 - other.flatten(1).float().mean(1), out.share, atol=1e-6)
    assert torch.equal(out.share < 1, other.flatten(1).any(1))
    assert 0.5 < (numbers[:, 0] < 0.7).float().mean() < 0.85
    both = build("mixup:1+cutmix:0.5", COLOUR).apply(whole, numbers)
    laid = numbers[:, 0] >= 0.5
    assert torch.equal(both.x[~laid], build("cutmix:0.5", COLOUR).apply(whole, numbers).x[~laid])
    assert torch.allclose(both.x[laid], build("mixup:1", COLOUR).apply(whole, numbers).x[laid], atol=1e-6)


def test_weights_are_mixed_too():
    weights = torch.rand(8, generator=torch.Generator().manual_seed(4)) + 0.1
    whole = batch(COLOUR, 8, weights)
    policy = build("mixup:1", COLOUR)
    numbers = drawn(policy, 8)
    plain = policy.apply(Batch(whole.x, whole.y, whole.ids), numbers)
    out = policy.apply(whole, numbers)
    assert torch.allclose(out.weights * out.share, plain.share * weights, atol=1e-6)
    assert torch.allclose(out.weights * (1 - out.share), (1 - plain.share) * weights.roll(1, 0), atol=1e-6)


@pytest.mark.parametrize("alpha", [0.2, 0.4, 1.0, 2.0])
def test_beta_by_its_quantiles(alpha):
    numbers = beta(torch.rand(40_000, generator=torch.Generator().manual_seed(5)), alpha)
    assert numbers.mean() == pytest.approx(0.5, abs=0.01)
    assert numbers.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.03)
    assert numbers.min() >= 0
    assert numbers.max() <= 1
