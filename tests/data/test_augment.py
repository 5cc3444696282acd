import pytest
import torch
from augmenting import batch, drawn, schema

from profundo.batch import Shard
from profundo.data.augment import CHANGES, NAMES, SHORT, auto, build
from profundo.data.dataset import Data
from profundo.errors import UsageError
from profundo.schema import Boxes, Category, Mask, Number, Schema

ALONE = [n for n in NAMES if n not in ("none", "mixup", "cutmix")]
TOGETHER = [
    "shift+flip",
    "vflip+flip+crop",
    "flip+crop+colour:0.4+erase",
    "rotate:30+scale:0.3+shear+perspective+flip+shift+colour+grey:0.5+blur:2+noise+erase:0.4",
]
GREY, COLOUR = schema(1, 28, 28), schema(3, 32, 32)
TARGETS = {"label": None, "mask": Mask(("a", "b", "c")), "boxes": Boxes(("a", "b"), 4, masks=True)}


@pytest.mark.parametrize("name", [*ALONE, *TOGETHER])
@pytest.mark.parametrize("target", TARGETS)
def test_pieces_of_a_batch_are_pieces_of_the_result(name, target):
    made = schema(3, target=TARGETS[target])
    policy = build(name, made)
    whole = batch(made, 10)
    x, y = whole.x.clone(), whole.y.clone()
    numbers = drawn(policy, 10)
    assert numbers.shape[0] == 10
    out = policy.apply(whole, numbers)
    assert torch.equal(whole.x, x)  # the batch itself is left alone
    assert torch.equal(whole.y, y)
    assert out.x.shape == x.shape
    assert out.y.shape == y.shape
    assert out.y.dtype == y.dtype
    assert torch.equal(out.ids, whole.ids)
    assert not torch.equal(out.x, x)
    assert out.x.isfinite().all()
    for begin, end in ((0, 1), (1, 7), (7, 10)):
        part = policy.apply(whole.part(begin, end), numbers[begin:end])
        assert torch.equal(part.x, out.x[begin:end])
        assert torch.equal(part.y, out.y[begin:end])
    again = policy.apply(whole, drawn(policy, 10))
    assert torch.equal(again.x, out.x)
    assert torch.equal(again.y, out.y)


@pytest.mark.parametrize(
    "name", ["shift", "crop", "affine", "brightness", "contrast", "colour", "blur", "noise", "erase"]
)
def test_grey_pictures(name):
    whole = batch(GREY, 4)
    policy = build(name, GREY)
    assert policy.apply(whole, drawn(policy, 4)).x.shape == whole.x.shape


@pytest.mark.parametrize("target", TARGETS)
def test_processes_see_their_shares_of_one_epoch(target):
    made = schema(3, target=TARGETS[target])
    whole = batch(made, 23)
    pixels = (whole.x * 20 + 128).clamp(0, 255).to(torch.uint8)
    rows = torch.arange(23)
    parts = {"train": rows, "validation": rows[:0], "test": rows[:0]}
    y = whole.y[..., :5] if target == "boxes" else whole.y
    cells = torch.full((23, 4, 98), 0b10101010, dtype=torch.uint8) if target == "boxes" else None
    data = Data("x", made, "", pixels, y, rows, parts, seed=3, augment=build(TOGETHER[-1], made), masks=cells)
    alone = list(data.batches("train", size=8, epoch=2))
    shares = zip(*(data.batches("train", size=8, epoch=2, shard=Shard(i, 3)) for i in range(3)), strict=True)
    for one, together in zip(alone, shares, strict=True):
        for field in ("x", "y", "ids"):
            assert torch.equal(getattr(one, field), torch.cat([getattr(b, field) for b in together]))
    assert not torch.equal(alone[0].x, next(data.batches("train", size=8, epoch=3)).x)


@pytest.mark.parametrize("name", ["shift+flip", TOGETHER[-1], "mixup+cutmix"])
def test_a_share_without_pictures(name):
    policy = build(name, COLOUR)
    empty = batch(COLOUR, 4).part(2, 2)
    assert len(policy.apply(empty, drawn(policy, 4)[2:2])) == 0


@pytest.mark.parametrize("name", CHANGES)
def test_every_strength_at_its_limits(name):
    change = CHANGES[name]
    whole = batch(COLOUR, 4)
    for strength in (change.least, change.most):
        policy = build(f"{name}:{strength}", COLOUR)
        for number in (0.0, 0.5, 1 - 2**-24):
            out = policy.apply(whole, torch.full((4, policy.draw(1, torch.Generator()).shape[1]), number))
            assert out.x.isfinite().all()


def test_auto_fits_the_data():
    assert auto(GREY) == "shift"
    assert auto(COLOUR) == "shift+flip"
    assert auto(COLOUR, "regression") == "shift"  # a mirrored steering angle is another
    assert "flip" not in auto(schema(1, target=Mask(("a",))))
    assert "flip" in auto(schema(3, target=Boxes(("a",), 3)))
    assert build("auto", GREY).stages == build("shift", GREY).stages
    assert build("none", GREY) is None
    assert build("auto", Schema({"age": Number()}, {"target": Category(("a", "b"))})) is None


def test_words_with_strengths():
    assert build("rotate:30", COLOUR) != build("rotate", COLOUR)
    assert build("rotate:10", COLOUR).stages == build("rotate", COLOUR).stages
    assert build("colour:0.4", COLOUR).stages == build("colour", COLOUR).stages
    spelled = "brightness:0.4+contrast:0.4+saturation:0.4+hue:0.1"
    assert build(spelled, COLOUR).stages == build("colour", COLOUR).stages
    assert build("affine", COLOUR).stages == build(SHORT["affine"], COLOUR).stages
    assert build(" flip + crop", COLOUR).stages == build("flip+crop", COLOUR).stages


@pytest.mark.parametrize(
    ("name", "made", "said"),
    [
        ("afine", COLOUR, "Did you mean 'affine'"),
        ("flip+cutmx", COLOUR, "Did you mean 'cutmix'"),
        ("flip+auto", COLOUR, "auto goes with nothing else"),
        ("", COLOUR, "augmentation"),
        ("rotate:200", COLOUR, "from 0 to 180, such as rotate:10"),
        ("rotate:much", COLOUR, "'much'; it must be a number"),
        ("rotate:nan", COLOUR, "it must be a number"),
        ("colour:2", COLOUR, "from 0 to 1"),
        ("affine:2", COLOUR, "takes no strength: it is shift"),
        ("blur+blur", COLOUR, "blur 2 times"),
        ("hue", GREY, "grey. Leave hue out"),
        ("flip+mixup", schema(target=Mask(("a",))), "Leave mixup out"),
    ],
)
def test_errors_say_what_to_type(name, made, said):
    with pytest.raises(UsageError, match=said):
        build(name, made)
