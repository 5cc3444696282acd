"""The perceptron's rule through an ordinary loss: gradient descent, learning rate 1, one example at a time."""

import numpy as np
import pytest
import torch

from profundo.batch import Batch
from profundo.networks import build
from profundo.schema import Category, Number, Schema
from profundo.tasks import Classification


def learn(network, x, y, labels, epochs):
    """Train by the loss "perceptron"; yields (epoch, mistaken, network) after every example."""
    task = Classification(labels, loss="perceptron")
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    for epoch in range(epochs):
        for i in range(len(x)):
            (loss,) = task.losses(network, Batch(x[i : i + 1], y[i : i + 1], torch.tensor([i])))
            optimizer.zero_grad()
            loss.value.backward()
            optimizer.step()
            yield epoch, bool(loss.terms["mistakes"]), network


def build_perceptron(columns, labels, **options):
    schema = Schema({f"x{i}": Number() for i in range(columns)}, {"y": Category(labels)})
    return build("perceptron", schema, **options).double()


def separable(labels: int, count: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(labels)
    centres = torch.tensor([[2.0, 2.0], [-2.0, -2.0], [3.0, -3.0]][:labels], dtype=torch.float64)
    y = torch.randint(labels, (count,), generator=generator)
    return centres[y] + 0.5 * torch.randn(count, 2, generator=generator, dtype=torch.float64), y


def joint(x: np.ndarray, label: int, labels: int) -> np.ndarray:
    """f(x, y): [1 x] in the block of the label, zero elsewhere."""
    f = np.zeros((labels, len(x) + 1))
    f[label] = [1, *x]
    return f.ravel()


@pytest.mark.parametrize("labels", [2, 3])
def test_equals_the_multiclass_rule_after_every_example(labels):
    """w + f(x, y) - f(x, y'), from deck 001, written in NumPy."""
    x, y = separable(labels)
    w = np.zeros(labels * 3)
    names = tuple("abc"[:labels])
    for step, (_, mistaken, network) in enumerate(learn(build_perceptron(2, names), x, y, names, epochs=3)):
        example, label = x[step % len(x)].numpy(), int(y[step % len(x)])
        answer = int(np.argmax([w @ joint(example, other, labels) for other in range(labels)]))
        w = w + (joint(example, label, labels) - joint(example, answer, labels))
        assert mistaken == (answer != label)
        learnt = torch.cat([network.output.bias.detach()[:, None], network.output.weight.detach()], 1).numpy()
        np.testing.assert_array_equal(learnt, w.reshape(labels, 3))


def test_equals_rosenblatts_rule_after_every_example():
    """w + (y - y') [1 x], with labels 0 and 1 and one score."""
    x, y = separable(2)
    w = np.zeros(3)
    for step, (_, _, network) in enumerate(learn(build_perceptron(2, ("a", "b"), single=True), x, y, ("a", "b"), 3)):
        example = np.array([1, *x[step % len(x)].numpy()])
        w = w + (int(y[step % len(x)]) - int(w @ example > 0)) * example
        np.testing.assert_array_equal([network.output.bias.item(), *network.output.weight.detach()[0].numpy()], w)


def margin(differences: np.ndarray) -> float:
    """The largest gamma with u . d >= gamma for every row d and some u of length 1: a hard-margin SVM through zero."""
    from sklearn.svm import LinearSVC

    both = np.concatenate([differences, -differences])
    sign = np.repeat([1, -1], len(differences))
    svm = LinearSVC(C=1e6, loss="hinge", fit_intercept=False, max_iter=1_000_000, tol=1e-8, random_state=0)
    u = svm.fit(both, sign).coef_[0]
    return float((differences @ u).min() / np.linalg.norm(u))


@pytest.mark.parametrize("labels", [2, 3])
def test_mistakes_on_separable_data_obey_novikoffs_bound(labels):
    """At most (R / gamma)^2, R the length and gamma the margin of f(x, y) - f(x, y') (Novikoff 1962, Collins 2002)."""
    x, y = separable(labels)
    names = tuple("abc"[:labels])
    differences = np.array(
        [
            joint(example, label, labels) - joint(example, other, labels)
            for example, label in zip(x.numpy(), y.tolist(), strict=True)
            for other in range(labels)
            if other != label
        ]
    )
    gamma = margin(differences)
    assert gamma > 0
    bound = float((np.linalg.norm(differences, axis=1).max() / gamma) ** 2)
    history = [(epoch, mistaken) for epoch, mistaken, _ in learn(build_perceptron(2, names), x, y, names, epochs=20)]
    mistakes = sum(mistaken for _, mistaken in history)
    assert 1 <= mistakes <= bound
    assert not any(mistaken for epoch, mistaken in history if epoch == 19)


@pytest.mark.parametrize("single", [False, True])
def test_xor_is_never_learnt(single):
    x = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)
    y = torch.tensor([0, 1, 1, 0])
    network = build_perceptron(2, ("no", "yes"), single=single)
    by_epoch = np.zeros(100)
    for epoch, mistaken, _ in learn(network, x, y, ("no", "yes"), epochs=100):
        by_epoch[epoch] += mistaken
    assert by_epoch.min() >= 1
