"""Learning that begins with weights of another training: loaded by name, kept as they are, or tuned gently."""

import time
from dataclasses import asdict, replace
from typing import Any

import torch
from torch import nn

from .assemble import head_name
from .attended import Watch, silent, store_plan, watched, with_lr
from .borrow import borrow
from .data.dataset import Data
from .errors import UsageError
from .extract import Features, features_of, fold
from .guesses import guessed_head_recipe
from .loop import Progress, training
from .networks.classical_head import ClassicalHead
from .networks.transfer import LinearHead, load_matching
from .plan import Plan
from .run import Run
from .schema import Category
from .tasks import build_task
from .tasks.task import Predictive

BORROWING = ("extract", "finetune", "init")
FIRST = 5  # of a network that says where things are, the backbone rests for one epoch in so many


def start(run: Run | None, plan: Plan, network: nn.Module, data: Data, watch: Watch) -> None:
    """Load the weights that a plan borrows into its network, store what became of them, and tell of it."""
    if plan.transfer not in BORROWING:
        return
    lent = borrow(plan.weights, plan.network)
    located = data.schema.located is not None
    kinds = list(data.schema.targets.values())
    labels = kinds[0].labels if len(kinds) == 1 and isinstance(kinds[0], Category) else ()
    same = bool(labels) and labels == lent.labels and plan.transfer != "extract"
    head = "" if located else head_name(plan, network)
    match = load_matching(network, lent.tensors(), head=head, keep_head=same)
    told = {"transfer": plan.transfer, "weights": lent.name, "head": plan.head or "linear", **asdict(match)}
    if run is not None:
        known = run.read("transfer.json") if run.has("transfer.json") else {}
        run.write("transfer.json", {**known, **told})
    watch("loaded", told)


def learn_head(
    run: Run | None, plan: Plan, network: nn.Module, data: Data, task: Predictive, watch: Watch
) -> tuple[Plan, Progress]:
    """Train a head on what the body sees, in the one loop; then body and head are one network again."""
    name = head_name(plan, network)
    head = network.get_submodule(name)
    watch("stage", "features of the pictures")
    features = features_of(network, name, data, plan.recipe)
    if isinstance(head, ClassicalHead):
        store_plan(run, plan, watch)
        return plan, fit(run, plan, network, head, features, task, watch)
    assert isinstance(head, LinearHead)
    own = linear(head, plan.recipe.seed)
    plain = build_task(plan.task, data.schema, **plan.task_options)
    plan = with_lr(run, plan, own, features.data, plain, watch)
    store_plan(run, plan, watch)
    last = watched(run, plan, own, features.data, task, watch)
    if run is not None:
        best = {k: v.clone() for k, v in own.state_dict().items()}
        own.load_state_dict(run.load_weights("weights.safetensors"))
        fold(own, features, head)
        run.save_weights("weights.safetensors", network.state_dict())
        own.load_state_dict(best)
    fold(own, features, head)
    if run is not None:
        run.save_weights("best.safetensors", network.state_dict())
    network.eval()
    return plan, last


def linear(like: LinearHead, seed: int) -> nn.Linear:
    """Make a linear layer of that size with weights of its own."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return nn.Linear(like.weight.shape[1], like.weight.shape[0])


def fit(
    run: Run | None,
    plan: Plan,
    network: nn.Module,
    head: ClassicalHead,
    features: Features,
    task: Predictive,
    watch: Watch,
) -> Progress:
    """Give a head of scikit-learn its features and answers; store and tell it as one epoch."""
    began = time.monotonic()
    refuse_weights(task, features.data)
    data, rows = features.data, features.data.positions("train")
    head.take(features.plain(rows), data.y[rows])
    measures: dict[str, dict[str, float]] = {}
    for part in ("train", "validation"):
        own = replace(data, x=features.plain(torch.arange(len(data.x))), splits={part: data.positions(part)})
        with torch.no_grad():
            measures[part] = dict(task.validate(head, own.batches(part, size=1024)))
    seconds = time.monotonic() - began
    validation = measures["validation"]
    loss = measures["train"]["loss"]
    now = Progress(1, 1, 1, 1, seconds, loss, plan.recipe.learning_rate, True, validation, "fitted at once")
    if run is not None:
        run.path("progress.jsonl").unlink(missing_ok=True)
        told = {k: v for k, v in validation.items() if k != "loss"}
        line: dict[str, Any] = {"epoch": 1, "step": 1, "seconds": seconds, "train_loss": loss, "lr": 0.0}
        run.append_progress(line | {"validation_loss": validation.get("loss"), "validation": told, "losses": [loss]})
        for name in ("weights.safetensors", "best.safetensors"):
            run.save_weights(name, network.state_dict())
        run.write("diagnosis.json", {"failure": "", "findings": []})
    watch("progress", now)
    network.eval()
    return now


def refuse_weights(task: Predictive, data: Data) -> None:
    """Raise UsageError where examples count differently: the methods of scikit-learn are not told of that here."""
    if data.weights is not None or getattr(task, "class_weights", None) or getattr(task, "yes_weights", None):
        raise UsageError("--head of scikit-learn takes no weights of classes or rows. Use --balance resample.")


def warm_up(plan: Plan, network: nn.Module, data: Data, task: Predictive) -> None:
    """Train the head alone before everything is tuned, so that its first, random answers do not spoil the body.

    (Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution, 2202.10054.)
    In a network that says where things are, the backbone rests for a fifth of the epochs.
    """
    if data.schema.located is not None:
        rest(plan, network, data, task)
        return
    name = head_name(plan, network)
    head = network.get_submodule(name)
    assert isinstance(head, LinearHead)
    features = features_of(network, name, data, plan.recipe)
    own = linear(head, plan.recipe.seed)
    options = {**plan.recipe_options, **guessed_head_recipe(data), "lr": None, "time_limit": None}
    quick = with_lr(None, replace(plan, transfer="extract", recipe_options=options), own, features.data, task, silent)
    for _ in training(own, features.data, task, quick.recipe):
        pass
    fold(own, features, head)


def rest(plan: Plan, network: nn.Module, data: Data, task: Predictive) -> None:
    """Train all but the backbone, whose weights stay as they are."""
    backbone = network.get_submodule("backbone")
    backbone.requires_grad_(False)
    options = {**plan.recipe_options, "epochs": max(1, plan.recipe.epochs // FIRST), "steps": None, "lr": None}
    quick = with_lr(None, replace(plan, transfer="extract", recipe_options=options), network, data, task, silent)
    for _ in training(network, data, task, quick.recipe):
        pass
    backbone.requires_grad_(True)
