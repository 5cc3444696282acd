"""Convolutions along sequences: filling says nothing, places count or not, and the errors."""

import pytest
import torch

from profundo.errors import UsageError
from profundo.networks import build
from profundo.schema import Category, Schema, Tokens


def schema(length: int) -> Schema:
    """Return texts of so many tokens at most, and two labels."""
    return Schema({"text": Tokens(vocabulary=tuple("abcdefgh"), length=length)}, {"y": Category(("no", "yes"))})


def codes(rows: list[list[int]], length: int) -> torch.Tensor:
    """Return x of some texts."""
    return torch.tensor([row + [0] * (length - len(row)) for row in rows], dtype=torch.float32)


@pytest.mark.parametrize(
    ("name", "options"), [("textcnn", {}), ("conv1d", {"pool": "max"}), ("conv1d", {"pool": "mean"})]
)
def test_a_text_is_read_alike_beside_a_longer_one(name: str, options: dict[str, str]) -> None:
    network = build(name, schema(12), **options).eval()
    short, long = [4, 5, 6, 7, 8], [9, 8, 7, 6, 5, 4, 10, 11, 4, 5]
    alone = network(codes([short], 12))
    beside = network(codes([short, long], 12))[:1]
    assert torch.allclose(alone, beside, atol=1e-5)


def test_filters_find_a_phrase_anywhere_and_layers_know_where() -> None:
    early, late = [5, 6, 7] + [4] * 9, [4] * 9 + [5, 6, 7]
    x = codes([[4, *early, 4], [4, *late, 4]], 14)
    anywhere = build("textcnn", schema(14), widths=(1,)).eval()(x)
    where = build("conv1d", schema(14)).eval()(x)
    assert torch.allclose(anywhere[0], anywhere[1], atol=1e-5)
    assert not torch.allclose(where[0], where[1], atol=1e-3)


def test_an_empty_text_has_finite_scores() -> None:
    for name in ("textcnn", "conv1d"):
        assert torch.isfinite(build(name, schema(6)).eval()(torch.zeros(2, 6))).all()


def test_errors() -> None:
    with pytest.raises(UsageError, match="kernel must be odd"):
        build("conv1d", schema(6), kernel=4)
    with pytest.raises(UsageError, match="pool"):
        build("conv1d", schema(6), pool="first")
    with pytest.raises(UsageError, match="--kind text=text"):
        build("mlp", schema(6))
