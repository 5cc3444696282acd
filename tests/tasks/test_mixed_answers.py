"""Batches of mixed pictures: the loss is that of both answers, by their shares."""

import pytest
import torch
from torch import nn

from profundo.batch import Batch
from profundo.tasks.classification import Classification
from profundo.tasks.multilabel import Multilabel
from profundo.tasks.regression import Regression

COUNT = 12


def batch(y, other, weights=None):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(COUNT, 5, generator=generator)
    share = torch.rand(COUNT, generator=generator)
    return Batch(x, y, torch.arange(COUNT), weights, other, share)


def value(task, network, given):
    (loss,) = task.losses(network, given)
    return loss.value.detach()


def codes(shift):
    return (torch.arange(COUNT) + shift) % 3


def numbers(shift):
    return torch.linspace(-1, 1, COUNT * 3).view(COUNT, 3).roll(shift, 0)


def answers(shift):
    return (torch.arange(COUNT * 3).view(COUNT, 3).roll(shift, 0) % 2).float()


TASKS = {
    "labels": (Classification(("a", "b", "c")), codes),
    "smoothed": (Classification(("a", "b", "c"), label_smoothing=0.1), codes),
    "weighed labels": (Classification(("a", "b", "c"), class_weights=(0.5, 1.0, 2.0)), codes),
    "focal": (Classification(("a", "b", "c"), loss="focal"), codes),
    "numbers": (Regression((0.0,) * 3, (1.0,) * 3), numbers),
    "huber": (Regression((0.0,) * 3, (1.0,) * 3, loss="huber"), numbers),
    "answers": (Multilabel(("a", "b", "c"), (("0", "1"),) * 3), answers),
    "weighed answers": (Multilabel(("a", "b", "c"), (("0", "1"),) * 3, yes_weights=(1.0, 2.0, 3.0)), answers),
}


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("weighed", [False, True])
def test_the_loss_is_that_of_both_answers(name, weighed):
    task, made = TASKS[name]
    torch.manual_seed(0)
    network = nn.Linear(5, 3)
    weights = torch.linspace(0.5, 1.5, COUNT) if weighed else None
    mixed = batch(made(0), made(1), weights)
    total = 0.0
    for i in range(COUNT):
        for y, share in ((mixed.y, mixed.share), (mixed.other, 1 - mixed.share)):
            one = Batch(
                mixed.x[i : i + 1], y[i : i + 1], mixed.ids[i : i + 1], None if weights is None else weights[i : i + 1]
            )
            total += float(value(task, network, one) * share[i]) / COUNT
    assert float(value(task, network, mixed)) == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("name", TASKS)
def test_the_same_answer_twice_or_a_whole_share_is_the_plain_loss(name):
    task, made = TASKS[name]
    torch.manual_seed(0)
    network = nn.Linear(5, 3)
    mixed = batch(made(0), made(0))
    plain = Batch(mixed.x, mixed.y, mixed.ids)
    whole = Batch(mixed.x, mixed.y, mixed.ids, None, made(1), torch.ones(COUNT))
    wanted = value(task, network, plain)
    assert torch.allclose(value(task, network, mixed), wanted)
    assert torch.allclose(value(task, network, whole), wanted)
    pieces = mixed.split(3)
    assert torch.allclose(sum(value(task, network, p) for p in pieces) / 3, wanted)
