"""Attention, beam search and the networks that write."""

import copy
import math

import pytest
import torch

from profundo.errors import UsageError
from profundo.networks import build
from profundo.networks.attention import ATTENTIONS
from profundo.networks.beam import search
from profundo.networks.cells import GRUCell
from profundo.networks.locked import LockedDropout
from profundo.schema import END, FILLING, Image, Number, Schema, Tokens

READ, WRITTEN = Tokens(vocabulary=tuple("abcde"), length=7), Tokens(vocabulary=tuple("vwxyz"), length=9)
SCHEMA = Schema({"read": READ}, {"said": WRITTEN})


@pytest.mark.parametrize("name", ATTENTIONS)
def test_attention_is_a_mean_over_what_is_there(name):
    torch.manual_seed(0)
    attention = ATTENTIONS[name](6, 8, 5)
    queries, memory = torch.randn(2, 3, 6), torch.randn(2, 4, 8)
    there = torch.tensor([[True, True, True, True], [True, True, False, False]])
    seen, weights = attention(queries, attention.keys(memory), memory, there)
    assert seen.shape == (2, 3, 8) and weights.shape == (2, 3, 4)
    torch.testing.assert_close(weights.sum(2), torch.ones(2, 3))
    assert not weights[1, :, 2:].any()
    torch.testing.assert_close(seen, weights @ memory)


def chain(table: torch.Tensor):
    """A writer whose next code depends on the last one alone; its state counts the steps."""

    def step(codes, state):
        return table[codes].clone(), state + 1

    return step, torch.zeros(2), lambda state, rows: state[rows]


def every_text(table: torch.Tensor, length: int, penalty: float) -> list[tuple[float, list[int]]]:
    """Every text that the chain can write in so many codes, with its score, the best first."""
    log = table.clone()
    log[:, [0, 1, 2]] = -math.inf
    log = torch.log_softmax(log, 1)
    open_texts, done = [(0.0, [2])], []
    for step in range(1, length):
        grown = [(s + float(log[t[-1], c]), [*t, c]) for s, t in open_texts for c in range(3, table.shape[1])]
        done += [(s / step**penalty, t) for s, t in grown if t[-1] == END]
        open_texts = [(s, t) for s, t in grown if t[-1] != END]
    return sorted([*done, *((s / (length - 1) ** penalty, t) for s, t in open_texts)], reverse=True)


@pytest.mark.parametrize("penalty", [0.0, 0.6, 1.0])
def test_a_wide_search_finds_the_best_text_of_all(penalty):
    for seed in range(5):
        table = 2 * torch.randn(7, 7, generator=torch.Generator().manual_seed(seed))
        best = every_text(table, 5, penalty)
        found = search(*chain(table), 2, beams=300, length=5, penalty=penalty)
        for row in range(2):
            assert [c for c in found.codes[row, 0].tolist() if c != FILLING] == best[0][1]
            assert found.scores[row, :3].tolist() == pytest.approx([s for s, _ in best[:3]], abs=1e-5)


def test_one_beam_is_the_greedy_choice():
    table = torch.randn(7, 7, generator=torch.Generator().manual_seed(1))
    table[:, END] -= 1
    found = search(*chain(table), 2, beams=1, length=6).codes[0, 0].tolist()
    own = [2]
    while len(own) < 6 and own[-1] != END:
        own.append(3 + int(table[own[-1], 3:].argmax()))
    assert [c for c in found if c != FILLING] == own


def test_no_text_holds_a_code_that_is_never_written():
    found = search(*chain(torch.zeros(7, 7)), 2, beams=20, length=6)
    ended = (found.codes == END).cumsum(2) > 0
    assert ((found.codes[:, :, 1:] >= 3) | ended[:, :, 1:]).all()
    assert (found.codes[:, :, 1:][ended[:, :, :-1]] == FILLING).all()


@pytest.mark.parametrize("options", [{}, {"cell": "lstm", "attention": "additive", "layers": 2}])
def test_step_by_step_is_all_at_once(options):
    torch.manual_seed(0)
    network = build("seq2seq", SCHEMA, **options).eval()
    x = torch.tensor([[4, 5, 6, 0, 0, 0, 0], [5, 5, 4, 8, 7, 6, 4]]).float()
    y = torch.tensor([[2, 4, 5, 6, 3, 0, 0, 0, 0], [2, 7, 7, 4, 5, 8, 3, 0, 0]])
    at_once = network.scores(x, y)
    memory = network.remember(x)
    states, each = network.writer.begin(memory), []
    for step in range(at_once.shape[1]):
        scores, _, states = network.writer(y[:, step : step + 1], memory, states)
        each.append(scores)
    torch.testing.assert_close(torch.cat(each, 1), at_once)


def test_what_stands_after_the_end_of_a_text_changes_nothing():
    network = build("seq2seq", SCHEMA).eval()
    x = torch.tensor([[4, 5, 6, 0, 0, 0, 0]]).float()
    y = torch.tensor([[2, 4, 5, 6, 3, 0, 0, 0, 0]])
    longer = torch.cat([x, torch.full((1, 7), 8.0)])
    both = network.scores(longer, torch.cat([y, y]))
    torch.testing.assert_close(both[:1], network.scores(x, y))
    assert network.looks(longer, torch.cat([y, y]))[0, :, 3:].abs().max() == 0


def test_forward_writes_greedily():
    torch.manual_seed(0)
    network = build("seq2seq", SCHEMA).eval()
    x = torch.tensor([[4, 5, 6, 0, 0, 0, 0], [5, 5, 4, 8, 7, 6, 4]]).float()
    scores = network(x)
    said = torch.cat([torch.full((2, 1), 2), scores.argmax(2)], 1)
    memory = network.remember(x)
    again, _, _ = network.writer(said[:, :-1], memory, network.writer.begin(memory))
    torch.testing.assert_close(again, scores)


def test_columns_beside_a_text_and_pictures_are_looked_at():
    beside = Schema({"age": Number(), "read": READ}, {"said": WRITTEN})
    network = build("seq2seq", beside).eval()
    x = torch.tensor([[0.5, 4, 5, 6, 0, 0, 0, 0]])
    y = torch.tensor([[2, 4, 3, 0, 0, 0, 0, 0, 0]])
    weights = network.looks(x, y)
    assert weights.shape == (1, 2, 4) and (weights[..., -1] > 0).all()
    other = x.clone()
    other[0, 0] = -2
    assert not torch.equal(network.scores(x, y), network.scores(other, y))
    picture = Schema({"image": Image(1, 32, 48, (0.5,), (0.5,))}, {"said": WRITTEN})
    weights = build("seq2seq", picture).eval().looks(torch.randn(1, 1, 32, 48), y)
    assert weights.shape[2] > 4 and weights.sum(2).allclose(torch.ones(1, 2))


def test_locked_dropout_silences_a_feature_at_every_step():
    torch.manual_seed(0)
    dropout = LockedDropout(0.5)
    found = dropout(torch.ones(4, 6, 50))
    assert torch.equal(found, found[:, :1].expand(-1, 6, -1)) and set(found.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(dropout.eval()(torch.ones(1, 2, 3)), torch.ones(1, 2, 3))


def test_the_scores_are_products_with_the_vectors_that_are_read():
    network = build("seq2seq", SCHEMA)
    names = network.state_dict().keys()
    assert "writer.codes.weight" in names and "writer.scores.bias" in names and "writer.scores.weight" not in names
    said = torch.randn(2, 3, 128)
    scores = network.writer.scores
    torch.testing.assert_close(scores(said), said @ network.writer.codes.weight.T + scores.bias)
    twin = copy.deepcopy(network)
    assert twin.writer.scores.weight is twin.writer.codes.weight is not network.writer.codes.weight


def test_a_gru_with_products_in_bfloat16_keeps_its_memory_in_float32():
    torch.manual_seed(0)
    cell, x = GRUCell(32, 64), torch.randn(4, 30, 32)
    exact, _ = cell(x, cell.start(x))
    cell.bfloat16_products = True
    near, (h,) = cell(x, cell.start(x))
    assert near.dtype == h.dtype == torch.float32
    assert (near - exact).abs().max() < 0.03
    near.sum().backward()
    assert all(p.grad.dtype == torch.float32 and p.grad.isfinite().all() for p in cell.parameters())


def test_wrong_options_say_what_is_wanted():
    for option, value, words in (
        ("cell", "gruu", "Did you mean 'gru'"),
        ("attention", "dott", "Did you mean 'dot'"),
        ("hidden", 1, "at least 2"),
        ("dropout", 1.0, "dropout"),
    ):
        with pytest.raises(UsageError, match=words):
            build("seq2seq", SCHEMA, **{option: value})
