"""Every loss against torch.nn's, against its formula, and its gradient against finite differences."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from profundo.tasks.losses import (
    LABEL_LOSSES,
    LOSSES,
    NUMBER_LOSSES,
    binary_cross_entropy,
    cross_entropy,
    focal,
    gaussian_nll,
    hinge,
    huber,
    l1,
    mse,
    nll,
    perceptron,
)


@pytest.fixture
def scores() -> Tensor:
    return torch.randn(7, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3


@pytest.fixture
def labels() -> Tensor:
    return torch.tensor([0, 1, 2, 3, 0, 1, 2])


def test_label_losses_equal_torch(scores, labels):
    torch.testing.assert_close(cross_entropy(scores, labels).mean(), nn.CrossEntropyLoss()(scores, labels))
    torch.testing.assert_close(
        cross_entropy(scores, labels, label_smoothing=0.1).mean(),
        nn.CrossEntropyLoss(label_smoothing=0.1)(scores, labels),
    )
    torch.testing.assert_close(nll(scores, labels).mean(), nn.NLLLoss()(F.log_softmax(scores, 1), labels))


def test_cross_entropy_of_scores_is_nll_of_log_softmax(scores, labels):
    log_probabilities = scores.log_softmax(1)
    torch.testing.assert_close(cross_entropy(scores, labels), nll(scores, labels))
    torch.testing.assert_close(cross_entropy(scores, labels), nll(log_probabilities, labels))
    lecture = -torch.log(scores.exp().gather(1, labels[:, None])[:, 0] / scores.exp().sum(1))
    torch.testing.assert_close(cross_entropy(scores, labels), lecture)


def test_focal_with_gamma_0_is_cross_entropy_and_2_is_the_formula(scores, labels):
    torch.testing.assert_close(focal(scores, labels, gamma=0.0), cross_entropy(scores, labels))
    p = scores.softmax(1).gather(1, labels[:, None])[:, 0]
    torch.testing.assert_close(focal(scores, labels), -((1 - p) ** 2) * p.log())


def test_focal_of_a_sure_answer_has_a_finite_gradient():
    scores = torch.tensor([[200.0, 0.0], [0.0, 200.0]], requires_grad=True)
    for gamma in (0.5, 1.0, 2.0):
        focal(scores, torch.tensor([0, 0]), gamma=gamma).sum().backward()
        assert torch.isfinite(scores.grad).all()


def test_hinge_equals_its_definition(scores, labels):
    for row, label, value in zip(scores, labels, hinge(scores, labels), strict=True):
        others = max(float(s) for i, s in enumerate(row) if i != label)
        assert float(value) == pytest.approx(max(0.0, 1 + others - float(row[label])))


def test_hinge_of_a_single_score_is_the_binary_svms():
    score = torch.tensor([-2.0, -0.5, 0.0, 0.5, 2.0])
    pair = torch.stack([torch.zeros(5), score], 1)
    assert hinge(pair, torch.ones(5, dtype=torch.long)).tolist() == (1 - score).clamp_min(0).tolist()
    assert hinge(pair, torch.zeros(5, dtype=torch.long)).tolist() == (1 + score).clamp_min(0).tolist()


def test_perceptron_is_zero_for_right_answers(scores):
    assert not perceptron(scores, scores.argmax(1)).any()
    assert (perceptron(scores, scores.argmin(1)) > 0).all()


def test_number_losses_equal_torch():
    output, target = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(mse(output, target).mean(), nn.MSELoss()(output, target))
    torch.testing.assert_close(l1(output, target).mean(), nn.L1Loss()(output, target))
    torch.testing.assert_close(huber(output, target, delta=0.5).mean(), nn.HuberLoss(delta=0.5)(output, target))
    both = torch.cat([output, target * 0.3], 1)
    expected = nn.GaussianNLLLoss(full=True)(output, target, (target * 0.3).exp())
    torch.testing.assert_close(gaussian_nll(both, target).mean(), expected)
    yes = (target > 0).double()
    torch.testing.assert_close(binary_cross_entropy(output, yes).mean(), nn.BCEWithLogitsLoss()(output, yes))


def test_gaussian_nll_is_least_at_the_mean_and_the_variance():
    y = torch.tensor([1.0, 2.0, 4.0, 9.0], dtype=torch.float64)
    guess = torch.zeros(1, 2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [guess], max_iter=100, line_search_fn="strong_wolfe", tolerance_grad=1e-10, tolerance_change=0
    )

    def cost() -> Tensor:
        optimizer.zero_grad()
        value = gaussian_nll(guess.expand(4, 2), y).mean()
        value.backward()
        return value

    optimizer.step(cost)
    mean, log_variance = guess.detach()[0]
    assert float(mean) == pytest.approx(float(y.mean()), abs=1e-6)
    assert float(log_variance.exp()) == pytest.approx(float(y.var(unbiased=False)), abs=1e-5)


def test_best_constants_are_the_mean_and_the_median():
    y = torch.tensor([0.0, 1.0, 2.0, 3.0, 94.0])
    grid = torch.linspace(-1, 100, 1011)
    costs = {name: torch.stack([f(c.expand(5), y).mean() for c in grid]) for name, f in (("mse", mse), ("l1", l1))}
    assert float(grid[costs["mse"].argmin()]) == pytest.approx(20, abs=0.06)
    assert float(grid[costs["l1"].argmin()]) == pytest.approx(2, abs=0.06)


@pytest.mark.parametrize("name", LABEL_LOSSES)
def test_gradients_of_label_losses(name, scores, labels):
    assert LABEL_LOSSES[name](scores, labels).shape == (7,)
    assert torch.autograd.gradcheck(lambda s: LABEL_LOSSES[name](s, labels), scores.requires_grad_())


@pytest.mark.parametrize("name", [*NUMBER_LOSSES, "binary_cross_entropy"])
def test_gradients_of_number_losses(name):
    generator = torch.Generator().manual_seed(0)
    target = torch.rand(5, 2, generator=generator, dtype=torch.float64)
    outputs = 4 if name == "gaussian_nll" else 2
    output = (torch.randn(5, outputs, generator=generator, dtype=torch.float64) * 2).requires_grad_()
    assert LOSSES[name](output, target).shape == (5,)
    assert torch.autograd.gradcheck(lambda o: LOSSES[name](o, target), output)
