"""What holds for every row of NETWORKS: a new network is tested by being there."""

import inspect
from pathlib import Path

import pytest
import torch
from torch import nn

from profundo.networks import NETWORKS, build, describe, resnet, zoo
from profundo.networks.network import MANY
from profundo.schema import Audio, Boxes, Category, Mask, Schema, Series, Strokes, Tokens

SEQUENCES = ("tokens", "series", "audio", "strokes", "video")
GOLDEN = Path(__file__).parents[1] / "golden"
PUBLISHED = {name: row for name, row in zoo.NETWORKS.items() if name not in ("convnet", "lenet1", "lenet4", "lenet5")}


DEEP = {  # more of the same as a smaller one of their family
    *("vgg13", "vgg16", "vgg19", "inception_resnet_v2", "densenet169", "densenet201"),
    *("resnet34", "resnet101", "resnet152", "resnet32", "resnet44", "resnet56", "resnet110"),
    *("resnext101_32x8d", "resnext101_64x4d"),
}
EVERY = [pytest.param(name, marks=pytest.mark.slow) if name in DEEP else name for name in NETWORKS]


def as_published(name) -> tuple[int, int, int, int]:
    """The pictures and the number of labels that a network of the zoo was published for."""
    if name == "lecun1989":
        return 1, 16, 16, 10
    side = {"inception_v3": 299, "inception_resnet_v2": 299, "xception": 299}.get(name, 224)
    return (3, 32, 32, 10) if name in resnet.CIFAR else (3, side, side, 1000)


def schemas(name, pictures, table, sequences) -> list[Schema]:
    """A few sizes of what the network takes, for each thing that it gives."""
    row = NETWORKS[name]
    found = [table(3, codes=2), table(6, labels=4)] if row.fits("table") else []
    found += [pictures(1, 28, 28), pictures(3, 40, 33, labels=4)] if row.fits("image") else []
    if row.gives == "masks":
        return [Schema(s.inputs, {"mask": Mask(s.labels)}) for s in found]
    if row.gives == "boxes":
        return [Schema(s.inputs, {"objects": Boxes(s.labels, 3, masks=name == "mask_rcnn")}) for s in found]
    kinds = [kind for kind in SEQUENCES if row.fits(kind)]
    found += [sequences(kind) for kind in kinds]
    if row.gives == "reconstruction":
        return [Schema(s.inputs) for s in found if not s.embedded]
    if row.gives == "forecast":
        seen = [Series(("a", "b", "k"), 30, (0.0,) * 3, (1.0,) * 3, missing=True, ahead=6, known=1)]
        seen.append(Series(("a", "b"), 24, (0.0,) * 2, (1.0,) * 2))
        return [Schema({"past": past}, {"future": Series(("a", "b"), 6)}) for past in seen]
    if row.gives == "sound":
        known = {"label": Category(tuple("abc"), embed=True), "speaker": Category(tuple("de"), embed=True)}
        return [Schema(known, {"sound": Audio(8000, 1600, 4, units=((0.0,) * 4,) * 5)})]
    if row.gives == "vectors":
        word = Tokens(vocabulary=tuple("abcdefg"), length=1)
        return [Schema({"word": word}, {"word": word})]
    if row.gives == "strokes":
        return [Schema(s.inputs, {"drawing": Strokes(6)}) for s in found]
    if row.gives == "text":
        return [Schema(s.inputs, {"said": Tokens(vocabulary=tuple("abcdefg"), length=6)}) for s in found]
    return found + [
        sequences(kind, gives="next") for kind in ("tokens", "series") if "next" in row.gives and kind in kinds
    ]


def shape_of_one(schema: Schema) -> tuple[int, ...]:
    """What a network gives for one example."""
    match schema.gives:
        case "masks":
            return (schema.outputs, *schema.shape[1:])
        case "next":
            return (schema.shape[0], schema.outputs)
        case "reconstruction":
            return schema.shape
        case "forecast":
            return (6, 2)
        case "sound":
            return (1, schema.outputs)
        case "vectors":
            return (100,)
        case "strokes":
            return (1, 6 * 20 + 3)
        case "text":
            return (next(iter(schema.targets.values())).length - 1, schema.outputs)
    return (schema.outputs,)


def some_x(schema: Schema, count: int = 4) -> torch.Tensor:
    """Examples of a schema; sequences are of different lengths, one of them empty."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(count, *schema.shape, generator=generator)
    lasting = torch.arange(schema.shape[0]) < torch.tensor([[schema.shape[0]], [3], [2], [0]])
    if isinstance(schema.shaped, Series) and schema.shaped.ragged:
        x[..., -1] = lasting.float()
    if isinstance(schema.shaped, Strokes):
        x[~lasting] = torch.tensor([0.0, 0, 0, 0, 1])
    texts = sum(kind.length for kind in schema.tokens.values())
    for i, size in enumerate(schema.embedded, schema.shape[0] - len(schema.embedded) - texts):
        x[:, i] = torch.randint(size, (count,), generator=generator).float()
    if texts:
        codes = torch.randint(4, min(kind.size for kind in schema.tokens.values()), (count, texts), generator=generator)
        x[:, -texts:] = codes
        x[1, -2:] = x[2, -texts:-2] = x[3, -texts:] = 0
    return x


@pytest.mark.parametrize("name", EVERY)
def test_forward_shape_and_backward_to_every_parameter(name, pictures, table, sequences):
    for schema in schemas(name, pictures, table, sequences):
        network = build(name, schema)
        x = some_x(schema)
        if NETWORKS[name].gives == "boxes":
            check_detector(network, x, schema)
            continue
        if NETWORKS[name].gives == "reconstruction":
            check_rebuilding(network, x)
            continue
        output = network(x)
        if NETWORKS[name].gives == "vectors":  # as words and as neighbours
            codes = torch.randint(4, schema.outputs, (4, 6))
            output = output + sum(scores.sum() for scores in network.agreement(x, codes[:, :4], codes[:, 4:])[:2])
        assert output.shape == (4, *shape_of_one(schema)) and output.dtype == torch.float32
        (output * torch.randn(output.shape)).sum().backward()
        without = [n for n, p in network.named_parameters() if p.grad is None]
        assert without == []
        assert all(torch.isfinite(p.grad).all() for p in network.parameters())


def check_detector(network: nn.Module, x: torch.Tensor, schema: Schema) -> None:
    """A detector gives boxes, scores, codes (and crops), and its own terms of the loss teach every parameter."""
    boxes, scores, codes, *crops = network(x)
    found = boxes.shape[1]
    assert boxes.shape == (4, found, 4) and scores.shape == codes.shape == (4, found) and codes.dtype == torch.int64
    assert (boxes[..., :2] <= boxes[..., 2:]).all() and 0 <= scores.min() <= scores.max() <= 1
    assert all(crop.shape == (4, found, 28, 28) for crop in crops)
    y = torch.full((4, 3, 5 + 784 * len(crops)), -1.0)
    y[:3, 0] = 1.0
    y[:3, 0, :5] = torch.tensor([2.0, 4, 22, 26, 1])  # the last picture is empty
    sum(network.losses(x, y).values()).backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())


def check_rebuilding(network: nn.Module, x: torch.Tensor) -> None:
    """A network that gives x back gives it whole, or its last steps, and teaches every parameter."""
    again, surprise = network.rebuild(x, draw=True)
    assert surprise.shape == (4,) and (surprise >= 0).all()
    assert again.shape[2:] == x.shape[2:] and again.shape[1] <= x.shape[1]
    error = (again - x[:, -again.shape[1] :]).square()
    (error.mean() * torch.exp(-network.log_variance).mean() + surprise.mean()).backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_state_dict_names_and_shapes_are_public(name, pictures, table, sequences):
    """On an intended change, write the text below into tests/golden/NAME.keys, and say so in CHANGELOG.md."""
    schema = pictures(*as_published(name)) if name in PUBLISHED else schemas(name, pictures, table, sequences)[0]
    with torch.device("meta"):
        text = "".join(f"{k} {tuple(v.shape)}\n" for k, v in build(name, schema).state_dict().items())
    assert text == (GOLDEN / f"{name}.keys").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in DEEP])
def test_export(name, pictures, table, sequences):
    schema = schemas(name, pictures, table, sequences)[0]
    network = build(name, schema).eval()
    x = some_x(schema)
    program = torch.export.export(network, (x,))
    torch.testing.assert_close(program.module()(x), network(x))


@pytest.mark.parametrize("name", EVERY)
def test_the_same_seed_gives_the_same_weights_and_leaves_the_global_generator_alone(name, pictures, table, sequences):
    schema = schemas(name, pictures, table, sequences)[0]
    before = torch.random.get_rng_state()
    one, two, other = (build(name, schema, seed=seed).state_dict() for seed in (7, 7, 8))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(one[k], two[k]) for k in one)
    if name not in ("perceptron", "linear"):
        assert any(not torch.equal(one[k], other[k]) for k in one)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_option_is_described_and_no_other(name):
    row = NETWORKS[name]
    parameters = inspect.signature(row.make).parameters
    taken = [p.name for p in parameters.values() if p.kind is inspect.Parameter.KEYWORD_ONLY]
    assert taken == list(row.options) == list(row.defaults)
    assert row.name == name and row.summary and {*row.takes.split("|")} <= {*MANY, "table", "image", *MANY["sequence"]}


@pytest.mark.parametrize("name", EVERY)
def test_describe_counts_every_parameter_once(name, pictures, table, sequences):
    schema = schemas(name, pictures, table, sequences)[0]
    network = build(name, schema)
    rows = describe(network, schema)
    unasked = network.outer.weight.numel() if NETWORKS[name].gives == "vectors" else 0
    assert sum(row["parameters"] for row in rows) + unasked == sum(p.numel() for p in network.parameters())
    if NETWORKS[name].gives not in ("boxes", "reconstruction", "forecast", "vectors"):
        assert schema.outputs in (rows[-1]["shape"][0], rows[-1]["shape"][-1])
    assert network.training


def test_golden_files_have_no_orphans():
    assert {path.stem for path in GOLDEN.glob("*.keys")} == set(NETWORKS)


def test_describe_names_layers_and_shapes(pictures):
    rows = describe(build("lenet5", pictures()), pictures())
    first = rows[0]
    assert first == {"name": "conv1", "type": "Conv2d", "shape": [6, 28, 28], "parameters": 156}
    assert [row["name"] for row in rows if row["parameters"]] == ["conv1", "conv2", "linear1", "linear2", "output"]


def test_describe_a_module_of_the_users_own_that_uses_a_layer_twice(table):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(6, 6)

        def forward(self, x):
            return self.layer(self.layer(x))

    rows = describe(Twice(), table(3))
    assert [row["parameters"] for row in rows] == [42, 0]
