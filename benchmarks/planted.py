"""Trainings for benchmarks/diseases.py: twelve diseases planted in real data and networks, and the healthy ones.

Each takes a seed, which also chooses the data set and how grave the disease is, and wishes that overrule the plan: the
cure. A disease that is planted in the weights by hand is left out where there is a cure: new weights end it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from profundo.data import load
from profundo.data.dataset import Data
from profundo.networks import build
from profundo.plan import Plan, complete, wish
from profundo.tasks import build_task
from profundo.tasks.task import Predictive
from record import DATA

CLASSES = ("digits", "breast_cancer", "wine")
ANY = ("digits", "breast_cancer", "diabetes")
PLAIN = {"network": "mlp", "numbers": "plain", "epochs": 20}
WINES = str(DATA / "tabular" / "wine_quality.csv")


@dataclass
class Case:
    """A training ready to run."""

    data: Data
    network: nn.Module
    task: Predictive
    plan: Plan


def case(
    source: str,
    seed: int,
    wishes: dict[str, Any],
    target: str | None = None,
    change: Callable[[Data], Data] | None = None,
) -> Case:
    """Load, plan and build as `profundo train` does; `change` spoils the data first."""
    plan = wish(source, target, **{"seed": seed, **wishes})
    data = replace(load(source, plan.data), seed=seed)
    data = data if change is None else change(data)
    plan = complete(plan, data)
    task = build_task(plan.task, data.schema, **plan.task_options)
    return Case(data, build(plan.network, data.schema, seed=seed, **plan.network_options), task, plan)


def hidden(network: nn.Module) -> list[nn.Linear]:
    """Return the linear layers of a network but the last."""
    return [m for m in network.modules() if isinstance(m, nn.Linear)][:-1]


def start(name: str) -> dict[str, Any]:
    """Return the wish for an initialisation."""
    return {"network_options": {"initialisation": name}}


def vanishing(seed: int, **cure: Any) -> Case:
    """Ten or more layers of sigmoids: each shrinks the error at least fourfold."""
    own = {"hidden": [64] * (10 + seed % 3), "activation": "sigmoid", **start(("default", "glorot")[seed % 2])}
    return case(CLASSES[seed % 3], seed, {**PLAIN, **own, **cure})


def exploding(seed: int, **cure: Any) -> Case:
    """Weights about twice as large as they should be, through sixteen or more layers: harmless in one, not in all."""
    made = case(ANY[seed % 3], seed, {**PLAIN, "hidden": [64] * (16 + seed % 4), **start("he"), **cure})
    return made if cure else scaled(made, 1.8 + 0.1 * (seed % 5))


def dead(seed: int, **cure: Any) -> Case:
    """Most hidden ReLUs start with a bias so low that no example wakes them."""
    made = case(ANY[seed % 3], seed, {**PLAIN, "hidden": [64, 64], **cure})
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in hidden(made.network) if not cure else ():
            layer.bias -= 30.0 * (torch.rand(layer.bias.shape, generator=generator) < 0.85)
    return made


def saturated(seed: int, **cure: Any) -> Case:
    """Tanh or sigmoid units start with biases of ten, at the flat ends of their curve."""
    own = {"hidden": [64, 64], "activation": ("tanh", "sigmoid")[seed % 2]}
    made = case(ANY[seed % 3], seed, {**PLAIN, **own, **cure})
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in hidden(made.network) if not cure else ():
            layer.bias += 20.0 * (torch.rand(layer.bias.shape, generator=generator) - 0.5).sign()
    return made


def too_fast(seed: int, **cure: Any) -> Case:
    """A learning rate hundreds of times the usual one."""
    name, lr = (("adamw", 0.5), ("sgd", 20.0), ("adam", 2.0), ("momentum", 5.0), ("adamw", 1.0))[seed % 5]
    return case(ANY[seed % 3], seed, {**PLAIN, "optimizer": name, "lr": lr, **cure})


def too_slow(seed: int, **cure: Any) -> Case:
    """A learning rate hundreds of times below the usual one."""
    name, lr = (("adamw", 1e-5), ("sgd", 3e-4), ("adam", 5e-6), ("momentum", 3e-5), ("adamw", 1e-6))[seed % 5]
    return case(ANY[seed % 3], seed, {**PLAIN, "optimizer": name, "lr": lr, **cure})


def overfitted(seed: int, **cure: Any) -> Case:
    """Twenty to thirty training rows, a wide network, no penalty, two hundred epochs."""
    source, target = (("digits", None), ("diabetes", None), (WINES, "quality"))[seed % 3]
    own = {"hidden": [512, 512], "dropout": 0.0, "weight_decay": 0.0, "epochs": 200, "lr": 1e-3}
    return case(source, seed, {**PLAIN, **own, **cure}, target, lambda data: fewer(data, 20 + 2 * (seed % 5), seed))


def underfitted(seed: int, **cure: Any) -> Case:
    """A layer of one or two units that all must go through, or most of it silenced or shrunk away."""
    own: dict[str, Any] = (
        {"hidden": [2], "activation": "tanh"},
        {"hidden": [64, 32], "dropout": 0.8},
        {"hidden": [128, 1], "activation": "tanh"},
        {"hidden": [128, 64], "l2": 0.05, "optimizer": "sgd"},
        {"hidden": [64, 1, 64], "activation": "tanh"},
    )[seed % 5]
    return case("digits", seed, {"network": "mlp", "epochs": 40, **own, **cure})


def mislabelled(seed: int, **cure: Any) -> Case:
    """Three to four tenths of ten labels, or two to three tenths of two, are wrong, in all parts alike."""
    share = (0.3, 0.2)[seed % 2] + 0.025 * (seed % 5)
    return case(CLASSES[seed % 2], seed, cure, change=lambda data: relabelled(data, share, seed))


def stuck(seed: int, **cure: Any) -> Case:
    """Weights all zero; or labels that have nothing to do with the inputs; or frozen layers of which one is zero."""
    if seed % 3 == 0:
        return case(CLASSES[seed % 2], seed, {**PLAIN, "hidden": [64, 64], **start("zeros"), **cure})
    if seed % 3 == 1:
        own = {"network": "mlp", "hidden": [32], "epochs": 15}
        return case("digits", seed, {**own, **cure}, change=lambda data: relabelled(data, 1.0, seed))
    made = case("breast_cancer", seed, {**PLAIN, "hidden": [64, 64], **cure})
    first, *rest = hidden(made.network)
    with torch.no_grad():
        first.weight.zero_()
    for layer in (first, *rest):
        layer.requires_grad_(False)
    return made


def out_of_scale(seed: int, **cure: Any) -> Case:
    """Weights from N(0, 0.01²) through several layers, or about ten times too large."""
    how = "normal" if seed % 2 == 0 else "he"
    own = {"hidden": [64] * (4 + seed % 3), "activation": ("relu", "tanh")[seed % 4 // 2], **start(how)}
    made = case(ANY[seed % 3], seed, {**PLAIN, **own, **cure})
    return made if cure or how == "normal" else scaled(made, 8.0 + seed % 5)


def unnormalised(seed: int, **cure: Any) -> Case:
    """Inputs in units of their own: hundreds, thousands, next to small ones."""

    def spoil(data: Data) -> Data:
        generator = torch.Generator().manual_seed(seed)
        scale = 10 ** (4 * torch.rand(data.x.shape[1], generator=generator))
        shift = 2 * scale * torch.rand(data.x.shape[1], generator=generator)
        return replace(data, x=data.x * scale + shift)

    return case(("breast_cancer", "diabetes", "wine")[seed % 3], seed, {**PLAIN, **cure}, change=spoil)


def scaled(made: Case, factor: float) -> Case:
    """Multiply the weights of the hidden layers."""
    with torch.no_grad():
        for layer in hidden(made.network):
            layer.weight *= factor
    return made


def fewer(data: Data, count: int, seed: int) -> Data:
    """Keep a few rows of the training part."""
    rows = data.splits["train"]
    kept = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:count]]
    return replace(data, splits={**data.splits, "train": kept})


def relabelled(data: Data, share: float, seed: int) -> Data:
    """Give a share of the rows of all parts another label, at random; with a share of 1, shuffle all labels."""
    generator = torch.Generator().manual_seed(seed)
    if share == 1.0:
        return replace(data, y=data.y[torch.randperm(len(data.y), generator=generator)])
    labels = len(data.schema.labels)
    other = (data.y + torch.randint(1, labels, data.y.shape, generator=generator)) % labels
    return replace(data, y=torch.where(torch.rand(len(data.y), generator=generator) < share, other, data.y))


DISEASES: dict[str, Callable[..., Case]] = {
    "vanishing gradients": vanishing,
    "exploding gradients": exploding,
    "dead units": dead,
    "saturated units": saturated,
    "learning rate too high": too_fast,
    "learning rate too low": too_slow,
    "overfitting": overfitted,
    "underfitting": underfitted,
    "label noise": mislabelled,
    "loss never started falling": stuck,
    "initialisation out of scale": out_of_scale,
    "inputs not normalised": unnormalised,
}
BUILT_IN = ("digits", "iris", "wine", "breast_cancer", "diabetes", "circle", "xor", "gauss", "spiral")
TABLES = {
    "ames_house_prices.csv": "SalePrice",
    "german_credit.csv": "credit_risk",
    "mammography_imbalanced.csv": "label",
    "oil_spill_imbalanced.csv": "spill",
    "pima_diabetes.csv": "diabetes",
    "titanic.csv": "survived",
    "wine_quality.csv": "quality",
}
PICTURES = ("mnist.npz", "cifar10_jpg.parquet", "sign_digits_100px.parquet")
HEALTHY: dict[str, tuple[str, str | None, dict[str, Any]]] = {
    **{name: (name, None, {}) for name in BUILT_IN},
    **{name: (str(DATA / "tabular" / name), target, {}) for name, target in TABLES.items()},
    "sms_spam.csv": (str(DATA / "text" / "sms_spam.csv"), "label", {}),
    **{name: (str(DATA / name), None, {"rows": 2000, "size": 28, "epochs": 15}) for name in PICTURES},
}


def healthy(name: str, seed: int) -> Case:
    """Make a default training; of pictures, 2,000 small ones for 15 epochs."""
    source, target, wishes = HEALTHY[name]
    return case(source, seed, wishes, target)
