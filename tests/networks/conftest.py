"""Schemas that the tests of the networks share."""

from collections.abc import Callable

import pytest

from profundo.schema import Category, Image, Number, Schema


def make_pictures(channels: int = 1, height: int = 28, width: int = 28, labels: int = 10) -> Schema:
    image = Image(channels, height, width, (0.5,) * channels, (0.25,) * channels)
    return Schema({"image": image}, {"label": Category(tuple(map(str, range(labels))))})


def make_table(numbers: int = 3, labels: int = 2, codes: int = 0, targets: int = 0) -> Schema:
    inputs = {"city": Category(("a", "b"))} | {f"n{i}": Number(missing=i == 0) for i in range(numbers)}
    inputs |= {f"code{i}": Category(tuple(map(str, range(5 + i))), embed=True) for i in range(codes)}
    label = {"label": Category(tuple(map(str, range(labels))))}
    return Schema(inputs, {f"t{i}": Number() for i in range(targets)} or label)


@pytest.fixture
def pictures() -> Callable[..., Schema]:
    """Return the maker of a schema of pictures."""
    return make_pictures


@pytest.fixture
def table() -> Callable[..., Schema]:
    """Return the maker of a schema of a table with one category, some numbers and some embedded codes."""
    return make_table
