"""The one loop, unchanged, on shapes of learning that are not classification. Each must learn, to a stated score."""

import copy
from dataclasses import dataclass, field

import gymnasium
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from profundo.batch import WHOLE, Batch, cuts
from profundo.loop import training
from profundo.recipe import Recipe
from profundo.schema import Schema
from profundo.tasks.task import Loss, Prediction


@dataclass
class Rows:
    """A data set of tensors; the order is a function of (seed, epoch)."""

    x: Tensor
    y: Tensor
    seed: int = 0
    schema: Schema = field(default_factory=Schema)

    def count(self, split):
        return len(self.x) if split == "train" else 0

    def batches(self, split, *, size, epoch=0, shard=WHOLE, learner=None):
        order = torch.randperm(len(self.x), generator=torch.Generator().manual_seed(1000 * self.seed + epoch))
        for a, b in cuts(len(order), size):
            a, b = a + (b - a) * shard.index // shard.count, a + (b - a) * (shard.index + 1) // shard.count
            yield Batch(self.x[order[a:b]], self.y[order[a:b]], order[a:b])


class Simple:
    """A task with no measures of its own."""

    parts = ("",)

    def validate(self, network, batches):
        return {}

    def predict(self, network, x):
        return Prediction(network(x).numpy())

    def metrics(self):
        return ()


def run(network, data, task, **recipe):
    torch.manual_seed(0)
    usual = {"schedule": "constant", "precision": "float32", "threads": 1}
    *_, last = training(network, data, task, Recipe(**{**usual, **recipe}))
    return last


# a GAN: two payers -----------------------------------------------------------------------------------------------


class Adversarial(Simple):
    parts = ("critic", "generator")

    def losses(self, network, batch):
        noise = torch.randn(len(batch), 8)
        fake = network.generator(noise)
        real_score, fake_score = network.critic(batch.x), network.critic(fake.detach())
        yield Loss(F.softplus(-real_score).mean() + F.softplus(fake_score).mean(), part="critic")
        yield Loss(F.softplus(-network.critic(fake)).mean(), part="generator")  # judged by the new critic


def test_a_gan_learns_a_ring_of_eight_gaussians():
    torch.manual_seed(1)
    angles = torch.arange(8) * torch.pi / 4
    centers = 2 * torch.stack([angles.cos(), angles.sin()], 1)
    x = centers[torch.randint(8, (8192,))] + 0.1 * torch.randn(8192, 2)

    def mlp(a, b):
        hidden = nn.Linear(128, 128), nn.LeakyReLU(0.2)
        return nn.Sequential(nn.Linear(a, 128), nn.LeakyReLU(0.2), *hidden, nn.Linear(128, b))

    network = nn.Module()
    network.generator, network.critic = mlp(8, 2), mlp(2, 1)
    recipe = {"epochs": 120, "batch_size": 256, "lr": 1e-3, "average": 0.99, "schedule": "cosine"}
    run(network, Rows(x, x), Adversarial(), optimizer="adam", options={"beta1": 0.5}, **recipe)
    with torch.no_grad():
        made = network.generator(torch.randn(4000, 8, generator=torch.Generator().manual_seed(5)))
    distance, nearest = torch.cdist(made, centers).min(1)
    good = distance < 0.5
    shares = torch.bincount(nearest[good], minlength=8) / len(made)
    assert good.float().mean() > 0.8 and shares.min() > 0.02  # on the ring, and no mode is missing


# Q-learning: something after the step, and a data set that acts with the learner ------------------------------------


@dataclass(frozen=True)
class Moves:
    """Transitions: state, action, reward, next state, and whether the episode ended."""

    x: Tensor
    action: Tensor
    reward: Tensor
    after: Tensor
    ended: Tensor
    ids: Tensor

    def __len__(self):
        return len(self.ids)

    def split(self, count):
        assert count == 1
        return [self]


class CartPole:
    """An environment as a data set: acts with the learner, remembers, and hands out batches of memories."""

    def __init__(self, steps_an_epoch=500):
        self.environment, self.schema, self.steps = gymnasium.make("CartPole-v1"), Schema(), steps_an_epoch
        self.state, _ = self.environment.reset(seed=0)
        self.rng, self.memory = np.random.default_rng(0), []

    def count(self, split):
        return self.steps * 64 if split == "train" else 0

    def batches(self, split, *, size, epoch=0, shard=WHOLE, learner=None):
        for step in range(self.steps):
            explore = max(0.05, 1 - (epoch * self.steps + step) / 3000)
            self.act(learner, explore)
            rows = self.rng.integers(0, len(self.memory), size)
            x, action, reward, after, ended = (
                torch.tensor(np.stack(c)) for c in zip(*(self.memory[r] for r in rows), strict=True)
            )
            yield Moves(x, action, reward, after, ended, torch.tensor(rows))

    def act(self, learner, explore):
        with torch.no_grad():
            best = int(learner.online(torch.tensor(self.state)[None]).argmax())
        action = int(self.rng.integers(2)) if self.rng.random() < explore else best
        after, reward, ended, cut, _ = self.environment.step(action)
        self.memory.append((self.state, np.int64(action), np.float32(reward), after, np.float32(ended)))
        self.memory = self.memory[-20000:]
        self.state = self.environment.reset()[0] if ended or cut else after


class Twin(nn.Module):
    def __init__(self):
        super().__init__()
        self.online = nn.Sequential(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 2))
        self.target = copy.deepcopy(self.online)


class QLearning(Simple):
    parts = ("online",)

    def losses(self, network, batch):
        with torch.no_grad():
            best = network.online(batch.after).argmax(1, keepdim=True)
            ahead = network.target(batch.after).gather(1, best)[:, 0]
        wanted = batch.reward + 0.99 * (1 - batch.ended) * ahead
        chosen = network.online(batch.x).gather(1, batch.action[:, None])[:, 0]
        yield Loss(F.smooth_l1_loss(chosen, wanted), part="online")
        with torch.no_grad():
            for slow, fast in zip(network.target.parameters(), network.online.parameters(), strict=True):
                slow.lerp_(fast, 0.01)


def test_q_learning_balances_the_pole():
    torch.manual_seed(0)
    network, data = Twin(), CartPole()
    run(network, data, QLearning(), epochs=20, batch_size=64, optimizer="adam", lr=1e-3, clip=10.0, average=0.998)
    environment, returns = gymnasium.make("CartPole-v1"), []
    for episode in range(10):
        state, _ = environment.reset(seed=100 + episode)
        total, over = 0.0, False
        while not over:
            with torch.no_grad():
                action = int(network.online(torch.tensor(state)[None]).argmax())
            state, reward, ended, cut, _ = environment.step(action)
            total, over = total + float(reward), ended or cut
        returns.append(total)
    assert np.mean(returns) > 100  # a random policy gets about 22


# an optimised picture: the network is a canvas ---------------------------------------------------------------------


class Canvas(nn.Module):
    def __init__(self):
        super().__init__()
        self.pixels = nn.Parameter(torch.zeros(1, 1, 16, 16))

    def forward(self, x):
        return self.pixels.expand(len(x), -1, -1, -1)


def test_a_canvas_of_pixels_is_optimised_until_fixed_filters_see_the_same():
    torch.manual_seed(0)
    filters, picture = torch.randn(16, 1, 3, 3), torch.randn(1, 1, 16, 16)

    class Match(Simple):
        def losses(self, network, batch):
            seen = F.conv2d(network(batch.x), filters, padding=1)
            yield Loss(F.mse_loss(seen, F.conv2d(picture, filters, padding=1)))

    canvas = Canvas()
    last = run(
        canvas, Rows(torch.zeros(100, 1), torch.zeros(100)), Match(), epochs=6, batch_size=1, optimizer="adam", lr=0.05
    )
    assert last.train_loss < 1e-3
    assert (canvas.pixels - picture).abs().mean() < 0.05


# distillation: a fixed teacher lives in the task --------------------------------------------------------------------


def test_a_student_learns_from_a_teacher_without_labels():
    torch.manual_seed(0)
    x = torch.randn(2000, 10)
    teacher = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 3)).eval()

    class Distillation(Simple):
        def losses(self, network, batch):
            with torch.no_grad():
                wanted = F.log_softmax(teacher(batch.x) / 2, 1)
            yield Loss(
                4 * F.kl_div(F.log_softmax(network(batch.x) / 2, 1), wanted, reduction="batchmean", log_target=True)
            )

    student = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 3))
    run(
        student,
        Rows(x[:1500], torch.zeros(1500)),
        Distillation(),
        epochs=40,
        batch_size=64,
        lr=1e-2,
        schedule="one-cycle",
    )
    with torch.no_grad():
        agree = (student(x[1500:]).argmax(1) == teacher(x[1500:]).argmax(1)).float().mean()
    assert agree > 0.93


# accumulation, a part with its own rate, leaving early -------------------------------------------------------------


class Squares(Simple):
    def losses(self, network, batch):
        yield Loss(F.mse_loss(network(batch.x)[:, 0], batch.y))


@pytest.mark.parametrize("count", [4, 7])
def test_accumulated_gradients_equal_the_full_batch(count):
    torch.manual_seed(0)
    data = Rows(torch.randn(300, 5), torch.randn(300))
    first = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 1))
    second = copy.deepcopy(first)
    run(first, data, Squares(), epochs=3, batch_size=50, lr=1e-2, optimizer="momentum")
    run(second, data, Squares(), epochs=3, batch_size=50, lr=1e-2, optimizer="momentum", accumulate=count)
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert (a - b).abs().max() < 1e-6


def test_a_part_can_have_a_learning_rate_of_its_own():
    class Both(Simple):
        parts = ("a", "b")

        def losses(self, network, batch):
            yield Loss(network.a.weight.sum(), part="a")
            yield Loss(network.b.weight.sum(), part="b")

    network = nn.Module()
    network.a, network.b = nn.Linear(1, 1), nn.Linear(1, 1)
    before = (network.a.weight.item(), network.b.weight.item())
    run(
        network,
        Rows(torch.zeros(1, 1), torch.zeros(1)),
        Both(),
        epochs=1,
        batch_size=1,
        optimizer="sgd",
        lr=0.1,
        parts={"b": {"lr": 0.4}},
    )
    assert before[0] - network.a.weight.item() == pytest.approx(0.1)
    assert before[1] - network.b.weight.item() == pytest.approx(0.4)


def test_the_loop_can_be_left_early():
    network = nn.Linear(2, 1)
    data = Rows(torch.randn(64, 2), torch.randn(64))
    for progress in training(network, data, Squares(), Recipe(epochs=100, lr=0.01)):
        if progress.whole and progress.epoch == 3:
            break
    assert progress.epoch == 3 and not progress.stopped
