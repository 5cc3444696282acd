"""Sequences of similar length share a batch, every example is seen once an epoch, and the same seed gives the same."""

import pytest
import torch

from profundo.batch import Shard
from profundo.data.buckets import POOL, by_length, lengths_of
from profundo.data.dataset import Data
from profundo.schema import Category, Number, Schema, Series, Strokes, Tokens

LONGEST = 60
TEXT = Tokens(vocabulary=tuple("abcdefgh"), length=LONGEST)


def texts(count: int = 1003) -> Data:
    """Rows of a number and a text of 1 to 60 codes."""
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(1, LONGEST + 1, (count, 1), generator=generator)
    codes = torch.randint(4, 12, (count, LONGEST), generator=generator) * (torch.arange(LONGEST) < lengths)
    x = torch.cat([torch.randn(count, 1, generator=generator), codes.float()], 1)
    schema = Schema({"text": TEXT, "age": Number()}, {"label": Category(("no", "yes"))})
    rows = torch.arange(count)
    return Data("made", schema, "classification", x, rows % 2, rows, {"train": rows[:-100], "validation": rows[-100:]})


def of_batch(batch) -> torch.Tensor:
    return (batch.x[:, 1:] != 0).sum(1)


def test_every_example_is_seen_once_in_batches_of_similar_length():
    data = texts()
    batches = list(data.batches("train", size=16))
    assert torch.cat([b.ids for b in batches]).sort().values.equal(data.splits["train"])
    assert [len(b) for b in batches] == [16] * 56 + [7]
    spread = torch.tensor([(of_batch(b).max() - of_batch(b).min()).item() for b in batches[:-1]], dtype=torch.float)
    assert spread.median() <= 2 * LONGEST / POOL
    longest = torch.tensor([of_batch(b).max().item() for b in batches[:-1]])
    assert not longest.sort().values.equal(longest)  # the batches are not in the order of their lengths


def test_the_order_is_a_function_of_seed_and_epoch():
    first, again, next_epoch = ([b.ids for b in texts().batches("train", size=16, epoch=e)] for e in (3, 3, 4))
    assert torch.cat(first).equal(torch.cat(again))
    assert not torch.cat(first).equal(torch.cat(next_epoch))


def test_other_parts_keep_the_order_of_the_source():
    data = texts()
    assert torch.cat([b.ids for b in data.batches("validation", size=16)]).equal(data.splits["validation"])


def test_the_shares_of_two_processes_are_the_batch():
    data = texts()
    whole = list(data.batches("train", size=16))
    parts = [list(data.batches("train", size=16, shard=Shard(i, 2))) for i in range(2)]
    for batch, *shares in zip(whole, *parts, strict=True):
        assert batch.ids.equal(torch.cat([s.ids for s in shares]))


def test_lengths_of_every_kind_of_sequence():
    label = {"label": Category(("a", "b"))}
    series = torch.zeros(2, 5, 3)
    series[0, :2, -1], series[1, :4, -1] = 1, 1
    assert lengths_of(Schema({"s": Series(("u", "v"), 5, ragged=True)}, label), series).tolist() == [2, 4]
    assert lengths_of(Schema({"s": Series(("u", "v", "w"), 5)}, label), series) is None
    drawing = torch.zeros(2, 6, 5)
    drawing[0, 3:, 4] = 1
    assert lengths_of(Schema({"s": Strokes(6)}, label), drawing).tolist() == [3, 6]
    assert lengths_of(Schema({"t": TEXT}, label), torch.full((3, LONGEST), 5.0)) is None  # all as long


@pytest.mark.parametrize("count", [0, 5, 16, 17])
def test_few_examples(count):
    order = torch.arange(count)
    found = by_length(order, torch.ones(max(count, 1), dtype=torch.int64)[:count], 16, torch.Generator().manual_seed(0))
    assert found.sort().values.equal(order)
