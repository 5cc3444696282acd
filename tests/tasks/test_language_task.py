"""The losses of a language model and of word vectors, by hand."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from profundo.batch import Batch
from profundo.data.neighbours import NOISE
from profundo.errors import DataError, UsageError
from profundo.metrics.language import language_scores
from profundo.metrics.word_vectors import word_vector_scores
from profundo.networks import build
from profundo.schema import Category, Schema, Tokens
from profundo.tasks import build_task
from profundo.tasks.word_vectors import told_apart

TEXT = Tokens(unit="characters", vocabulary=("a", "b"), length=3)
LANGUAGE = Schema({"text": TEXT}, {"text": TEXT})
WORD = Tokens(vocabulary=("a", "b", "c"), length=1)
WORDS = Schema({"text": WORD}, {"text": WORD})


class Same(nn.Module):
    """Says the same scores at every step."""

    def __init__(self, scores):
        super().__init__()
        self.scores = nn.Parameter(torch.tensor(scores))

    def forward(self, x):
        return self.scores.expand(*x.shape, -1)


def test_steps_of_filling_are_neither_learnt_nor_scored():
    task, network = build_task("language", LANGUAGE), Same([0.0, 0.0, 0.0, 0.0, math.log(3), 0.0])
    batch = Batch(torch.full((2, 3), 4.0), torch.tensor([[4, 5, 0], [0, 4, 0]]), torch.arange(2))
    p = {4: 3 / 8, 5: 1 / 8}
    (loss,) = list(task.losses(network, batch))
    assert loss.value.item() == pytest.approx(-(2 * math.log(p[4]) + math.log(p[5])) / 3)
    each = task.example_losses(network(batch.x), batch.y)
    assert each.tolist() == pytest.approx([-(math.log(p[4]) + math.log(p[5])) / 2, -math.log(p[4])])
    measured = task.validate(network, iter([batch]))
    assert measured["loss"] == pytest.approx(loss.value.item()) and measured["accuracy"] == pytest.approx(2 / 3)


def test_what_is_no_language_is_refused():
    with pytest.raises(DataError, match="one column of text"):
        build_task("language", Schema({"text": TEXT}, {"label": Category(("x", "y"))}))
    with pytest.raises(UsageError, match="scores of the next token at every step"):
        build_task("language", LANGUAGE).example_losses(torch.zeros(2, 6), torch.zeros(2, 3).long())
    with pytest.raises(DataError, match="--task word_vectors"):
        build_task("word_vectors", LANGUAGE)
    with pytest.raises(UsageError, match="negatives"):
        build_task("word_vectors", WORDS, negatives=0)


def test_scores_weigh_tokens_and_not_passages():
    found = language_scores([2.0, 9.0], [1, 2], [1, 9])
    assert found["nats"].value == pytest.approx(1.1) and found["nats"].n == 10
    assert found["accuracy"].value == pytest.approx(0.3)
    assert found["perplexity"].value == pytest.approx(math.exp(1.1))
    assert found["nats"].low <= 1.0 and found["nats"].high >= 2.0
    vectors = word_vector_scores([0.5, 1.0], [True, True, False])
    assert vectors["told_apart"].value == 0.75 and vectors["analogies"].n == 3
    with pytest.raises(DataError):
        language_scores([], [], [])


@pytest.mark.parametrize("name", ["skip_gram", "cbow"])
def test_negative_sampling_is_that_of_the_paper(name):
    network, task = build(name, WORDS, width=5, seed=1), build_task("word_vectors", WORDS, negatives=2.0)
    with torch.no_grad():
        network.outer.weight[1:] = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    noise = torch.randint(4, 7, (1, NOISE), generator=torch.Generator().manual_seed(2))
    batch = Batch(torch.tensor([[5.0]]), torch.cat([torch.tensor([[4, 0, 6, 6]]), noise], 1), torch.zeros(1).long())
    inner, outer = network.inner.weight, network.outer.weight
    if name == "skip_gram":
        true = torch.stack([outer[o] @ inner[5] for o in (4, 6, 6)])
        drawn = outer[noise[0]] @ inner[5]
    else:
        mean = (inner[4] + 2 * inner[6]) / 3
        true, drawn = (outer[5] @ mean)[None], outer[noise[0]] @ mean
    wanted = -F.logsigmoid(true).mean() - 2.0 * F.logsigmoid(-drawn).mean()
    (loss,) = list(task.losses(network, batch))
    assert loss.value.item() == pytest.approx(wanted.item(), rel=1e-5)
    loss.value.backward()
    assert not network.inner.weight.grad[0].any() and not network.outer.weight.grad[0].any()


def test_pairs_are_told_apart_where_the_true_one_is_higher():
    true, there = torch.tensor([[2.0, 0.0], [1.0, 9.0]]), torch.tensor([[True, True], [True, False]])
    drawn = torch.tensor([[1.0, 0.0], [1.0, 3.0]])
    assert told_apart(true, drawn, there).tolist() == [(1.0 + 0.25) / 2, 0.25]
