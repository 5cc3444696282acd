"""Schemas that the tests of the networks share."""

from collections.abc import Callable

import pytest

from profundo.schema import Audio, Category, Image, Kind, Number, Schema, Series, Strokes, Tokens, Video


def make_pictures(channels: int = 1, height: int = 28, width: int = 28, labels: int = 10) -> Schema:
    image = Image(channels, height, width, (0.5,) * channels, (0.25,) * channels)
    return Schema({"image": image}, {"label": Category(tuple(map(str, range(labels))))})


def make_table(numbers: int = 3, labels: int = 2, codes: int = 0, targets: int = 0) -> Schema:
    inputs = {"city": Category(("a", "b"))} | {f"n{i}": Number(missing=i == 0) for i in range(numbers)}
    inputs |= {f"code{i}": Category(tuple(map(str, range(5 + i))), embed=True) for i in range(codes)}
    label = {"label": Category(tuple(map(str, range(labels))))}
    return Schema(inputs, {f"t{i}": Number() for i in range(targets)} or label)


WORDS = Tokens(vocabulary=tuple("abcdefg"), length=9)
SEQUENCES: dict[str, Kind] = {
    "tokens": WORDS,
    "series": Series(("u", "v"), 7, (0.0, 0.0), (1.0, 1.0), ragged=True),
    "audio": Audio(rate=8000, samples=2400, mels=24),
    "strokes": Strokes(12),
    "video": Video(5, 1, 16, 16, (0.5,), (0.25,)),
}


def make_sequences(kind: str, labels: int = 3, gives: str = "scores") -> Schema:
    """Return a schema of texts beside a table, series of different lengths, sounds, drawings or clips."""
    if gives == "next":
        return Schema({kind: SEQUENCES[kind]}, {kind: SEQUENCES[kind]})
    label = {"label": Category(tuple(map(str, range(labels))))}
    if kind == "tokens":
        beside = {"age": Number(), "city": Category(tuple("pqrst"), embed=True)}
        return Schema({"title": WORDS, **beside, "text": WORDS}, label)
    return Schema({kind: SEQUENCES[kind]}, label)


@pytest.fixture
def sequences() -> Callable[..., Schema]:
    """Return the maker of a schema of sequences: tokens, series, audio, strokes or video."""
    return make_sequences


@pytest.fixture
def pictures() -> Callable[..., Schema]:
    """Return the maker of a schema of pictures."""
    return make_pictures


@pytest.fixture
def table() -> Callable[..., Schema]:
    """Return the maker of a schema of a table with one category, some numbers and some embedded codes."""
    return make_table
