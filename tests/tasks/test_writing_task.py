"""Learning to write: the loss, its gradient, what validation measures, and the search that answers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from profundo.batch import Batch
from profundo.errors import DataError, MissingExtra, UsageError
from profundo.networks import build
from profundo.schema import Category, Schema, Tokens
from profundo.tasks import build_task
from profundo.tasks.code_loss import code_loss

READ, WRITTEN = Tokens("characters", tuple("abcde"), length=7), Tokens("characters", tuple("vwxyz"), length=9)
SCHEMA = Schema({"read": READ}, {"said": WRITTEN})


def batch(count: int = 6) -> Batch:
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(4, 9, (count, 7), generator=generator).float()
    y = torch.randint(4, 9, (count, 9), generator=generator)
    y[:, 0] = 2
    for row in range(count):
        x[row, 2 + row % 5 :] = 0
        y[row, 2 + row % 6] = 3
        y[row, 3 + row % 6 :] = 0
    return Batch(x, y, torch.arange(count))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize(("kind", "exact"), [(torch.float32, 1e-5), (torch.bfloat16, 1e-2)])
def test_the_loss_of_codes_and_its_gradient_are_those_of_cross_entropy(smoothing, kind, exact):
    torch.manual_seed(0)
    scores = (3 * torch.randn(4, 5, 50)).to(kind).requires_grad_()
    codes = torch.randint(1, 50, (4, 5))
    codes[0, 2:] = 0
    loss = 2 * code_loss(scores, codes, smoothing)
    (own,) = torch.autograd.grad(loss, scores)
    same = scores.detach().double().requires_grad_()
    wanted = 2 * F.cross_entropy(same.flatten(0, 1), codes.flatten(), ignore_index=0, label_smoothing=smoothing)
    (right,) = torch.autograd.grad(wanted, same)
    assert loss.item() == pytest.approx(wanted.item(), rel=exact)
    assert (own.double() - right).abs().max() < exact * right.abs().max()
    assert not own[0, 2:].any()


def test_validation_measures_what_is_trained_without_smoothing():
    task, network, some = (
        build_task("translation", SCHEMA, label_smoothing=0.0),
        build("seq2seq", SCHEMA).eval(),
        batch(),
    )
    (loss,) = task.losses(network, some)
    with torch.no_grad():
        measured = task.validate(network, iter([some.part(0, 4), some.part(4, 6)]))
    assert measured["loss"] == pytest.approx(loss.value.item(), rel=1e-5)
    assert 0 <= measured["code accuracy"] <= 1
    scores, codes = task.told(network, some.x, some.y)
    counts = (codes > 0).sum(1)
    each = task.example_losses(scores, some.y)
    assert (each @ counts.float() / counts.sum()).item() == pytest.approx(loss.value.item(), rel=1e-5)
    assert task.validate(network, iter([])) == {}


def test_filling_changes_no_loss():
    task, network, some = build_task("translation", SCHEMA), build("seq2seq", SCHEMA).eval(), batch()
    alone = [next(task.losses(network, some.part(i, i + 1))).value.item() for i in range(6)]
    counts = (some.y[:, 1:] > 0).sum(1).float()
    together = next(task.losses(network, some)).value.item()
    assert together == pytest.approx(float(torch.tensor(alone) @ counts / counts.sum()), rel=1e-4)


def test_answers_are_texts():
    task, network, some = build_task("translation", SCHEMA, beams=3), build("seq2seq", SCHEMA).eval(), batch()
    found = task.predict(network, some.x)
    assert found.values.shape == (6,) and all(set(text) <= set("vwxyz") for text in found.values)
    codes = task.search(network, some.x)
    assert codes.shape == (6, 9) and codes.dtype == np.int64 and (codes[:, 0] == 2).all()


def test_the_main_measure_is_exact_match_for_characters_and_bleu_for_words():
    words = Schema({"read": READ}, {"said": Tokens("words", ("ja", "nein"), length=4)})
    assert build_task("translation", SCHEMA).metrics()[0].name == "exact match"
    assert build_task("captioning", words).metrics()[0].name == "bleu"
    assert build_task("translation", words, measure="chrf").metrics()[0].name == "chrf"


def test_wrong_options_say_what_is_wanted():
    with pytest.raises(UsageError, match="Did you mean 'bleu'"):
        build_task("translation", SCHEMA, measure="blue")
    with pytest.raises(UsageError, match="beams must be a whole number"):
        build_task("translation", SCHEMA, beams=0)
    with pytest.raises(UsageError, match="label_smoothing"):
        build_task("translation", SCHEMA, label_smoothing=1.0)
    with pytest.raises(UsageError, match="length_penalty"):
        build_task("translation", SCHEMA, length_penalty=-1.0)
    with pytest.raises(DataError, match="--kind label=tokens"):
        build_task("translation", Schema({"read": READ}, {"label": Category(("a", "b"))}))


def test_without_sacrebleu_the_error_comes_before_the_training(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'profundo\[text\]'"):
        build_task("translation", SCHEMA)
