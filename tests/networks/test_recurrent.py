"""Recurrent networks over sequences of different lengths: as packed ones of PyTorch, whatever fills the batch up."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from profundo.errors import UsageError
from profundo.networks import build
from profundo.networks.reader import Reader, closed_up
from profundo.networks.recurrent import POOLS, Recurrent

LENGTHS = torch.tensor([9, 4, 1, 7])


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(("cell", "fused"), [("rnn", nn.RNN), ("lstm", nn.LSTM), ("gru", nn.GRU)])
def test_two_layers_equal_pytorch_on_packed_sequences(cell, fused, bidirectional):
    torch.manual_seed(0)
    own = Recurrent(cell, 5, 6, 2, bidirectional=bidirectional).double()
    other = fused(5, 6, 2, batch_first=True, bidirectional=bidirectional).double()
    cells = [c for layer in range(2) for c in (own.cells[layer], *([own.back[layer]] if bidirectional else []))]
    with torch.no_grad():
        for p, q in zip([w for c in cells for w in c.weights], other.parameters(), strict=True):
            q.copy_(p)
    x = torch.randn(4, 9, 5, dtype=torch.float64)
    expected, _ = pad_packed_sequence(
        other(pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False))[0], batch_first=True
    )
    found, _ = own(x, LENGTHS)
    lasting = (torch.arange(9) < LENGTHS[:, None]).unsqueeze(2)
    torch.testing.assert_close(found * lasting, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("kind", ["tokens", "series", "strokes"])
def test_what_an_example_gives_does_not_depend_on_the_others(kind, pool, sequences):
    schema = sequences(kind)
    network = build("lstm", schema, hidden=8, bidirectional=True, layers=2, pool=pool).eval()
    x = examples(schema, kind)
    together, alone = network(x), torch.cat([network(x[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-6)


def examples(schema, kind) -> torch.Tensor:
    x = torch.randn(4, *schema.shape)
    lasting = torch.arange(schema.shape[0]) < torch.tensor([[99], [3], [1], [0]])
    if kind == "series":
        x[..., -1] = lasting.float()
    if kind == "strokes":
        x[~lasting] = torch.tensor([0.0, 0, 0, 0, 1])
    if kind == "tokens":
        x[:, 1] = 2
        x[:, -18:] = torch.randint(4, 11, (4, 18)).float()
        x[0, 5:11] = x[1, -6:] = x[2, -18:-9] = x[3, -18:] = 0
    return x


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_going_on_from_a_state_equals_reading_at_once(cell, sequences):
    network = build(cell, sequences("tokens", gives="next"), hidden=8, layers=2).eval()
    x = torch.randint(4, 11, (3, 9))
    whole, _ = network.go_on(x)
    first, states = network.go_on(x[:, :5])
    second, _ = network.go_on(x[:, 5:], states)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(network(x), whole)


def test_nothing_that_comes_later_changes_what_comes_next(sequences):
    network = build("lstm", sequences("tokens", gives="next"), hidden=8).eval()
    x = torch.randint(4, 11, (3, 9))
    changed = x.clone()
    changed[:, 6:] = 4
    torch.testing.assert_close(network(x)[:, :6], network(changed)[:, :6])


def test_several_texts_stand_one_after_the_other_without_gaps(sequences):
    schema = sequences("tokens")
    reader = Reader(schema, embedding=4)
    x = examples(schema, "tokens")
    read = reader(x)
    assert read.lengths.tolist() == [12, 12, 9, 1]
    assert read.sequence.shape == (4, 12, 4) and read.table.shape[1] == reader.table_width
    assert (read.sequence[2, 9:] == 0).all()
    kept = torch.tensor([[True, False, True, False]])
    assert closed_up(torch.tensor([[[1.0], [2], [3], [4]]]), kept).flatten().tolist() == [1, 3, 0, 0]


def test_an_exported_network_takes_any_number_of_examples(sequences):
    schema = sequences("series")
    network, x = build("gru", schema, hidden=8).eval(), examples(schema, "series")
    program = torch.export.export(network, (x,), dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=64)},))
    more = torch.cat([x, x, x])
    torch.testing.assert_close(program.module()(more), network(more))


def test_wrong_options_say_what_to_do(sequences, table):
    with pytest.raises(UsageError, match="both directions has seen what comes next"):
        build("lstm", sequences("tokens", gives="next"), bidirectional=True)
    with pytest.raises(UsageError, match="pool"):
        build("lstm", sequences("tokens"), pool="lats")
    with pytest.raises(UsageError, match="no sequence"):
        Reader(table(3))
    with pytest.raises(UsageError, match="peepholes are for the cell lstm"):
        Recurrent("gru", 3, 4, peepholes=True)
    both = Recurrent("gru", 3, 4, bidirectional=True)
    with pytest.raises(UsageError, match="cannot go on from a state"):
        both(torch.randn(2, 5, 3), None, [(torch.zeros(2, 4),)])
