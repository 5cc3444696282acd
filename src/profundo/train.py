"""From a source to a run: plan, data, learning rate, the loop, honest scores, baselines, verdict, report."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from . import parallel, precision
from .baselines import run_baselines
from .data import load
from .data.columns import SIDE, Columns
from .data.dataset import Data
from .environment import describe
from .errors import DataError, UsageError
from .evaluate import Answers, answer, answers_to_npz, most_wrong, score, true_values
from .files import atomic_write, read_text
from .finder import find
from .loop import Progress, training
from .metrics import Rival, verdict
from .metrics.spread import spread
from .networks import build
from .plan import Plan, complete, wish
from .report import write_report
from .run import Run
from .tasks import build_task
from .tasks.classification import balanced_weights
from .tasks.task import Predictive

Watch = Callable[[str, Any], None]


def silent(event: str, value: Any) -> None:
    """Watch nothing."""


def train(
    source: Any = None,
    target: str | Sequence[str] | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    resume: str | os.PathLike[str] | None = None,
    seeds: int = 1,
    watch: Watch = silent,
    **wishes: Any,
) -> Run:
    """Train a network on a source (a path, a built-in name, a DataFrame, arrays, or a Plan) and score it honestly.

    `wishes` are the fields of the data plan and the recipe, and the options of the network and the task, all by name.
    `resume` goes on with an interrupted run: the result is that of a run never interrupted. `seeds` trains that many
    networks that differ in their seed alone and reports the spread. `watch` is called with what happens: ("run", Run),
    ("plan", Plan), ("data", Data), ("network", module), ("finding", Finding), ("progress", Progress), ("baseline",
    BaselineResult), ("scores", dict).
    """
    began = time.monotonic()
    if resume is not None:
        if parallel.size() > 1:
            raise UsageError(
                f"a run goes on in one process. Type it without torchrun: profundo train --resume {resume}"
            )
        run, plan = reopen(resume)
        watch("run", run)
        source = plan.data.source if source is None else source
        with run.locked():
            if run.has("scores.json"):
                return close(run, watch)
            seeds = run.read("seeds.json") if run.has("seeds.json") else 1
            return carry_out(run, plan, source, seeds, watch, began)
    plan = (
        source
        if isinstance(source, Plan)
        else wish(source, (target,) if isinstance(target, str) else tuple(target or ()), **wishes)
    )
    source = plan.data.source if isinstance(source, Plan) else source
    shard = parallel.join()
    data = load(source, plan.data)
    watch("data", data)
    plan = complete(plan, data)
    if shard.index:
        return follow(plan, data, seeds)
    run = Run.create(Path(out) if out is not None else None, slug(data.name))
    watch("run", run)
    try:
        with run.locked():
            if seeds > 1:
                run.write("seeds.json", seeds)
            run.write("code.txt", describe())
            run.write("plan.toml", plan.to_toml())
            return carry_out(run, plan, source, seeds, watch, began, data)
    except UsageError:
        if not run.has("progress.jsonl"):  # an option that the network or the optimiser refused
            run.discard()
        raise


def carry_out(
    run: Run, plan: Plan, source: Any, seeds: int, watch: Watch, began: float, data: Data | None = None
) -> Run:
    """Do what a plan says in a locked run folder, from wherever the folder stands."""
    if data is None:
        data = load(source, plan.data)
        watch("data", data)
    check_same(run, data)
    with run.stoppable():
        network, task, plan, last = learn(run, plan, data, watch)
        others = [one_more(run, plan, data, number, watch) for number in range(1, seeds)]
    parallel.leave()
    answers = answer(network, task, data, "test")
    scores = score(answers, plan.task, seed=plan.data.seed)
    metrics = task.metrics()
    result = {
        "run": str(run.folder),
        "data": data.name,
        "task": plan.task,
        "network": plan.network,
        "parameters": sum(p.numel() for p in network.parameters()),
        "epochs": last.epoch,
        "stopped": last.stopped,
        "lr": plan.recipe.learning_rate,
        "seed": plan.recipe.seed,
        "training_seconds": last.seconds,
        "main": metrics[0].name,
        "scores": {k: v.to_dict() for k, v in scores.items()},
        "definitions": {m.name: m.definition for m in metrics},
    }
    if others:
        every = [{"seed": plan.recipe.seed, "scores": result["scores"]}, *others]
        result |= {"seeds": every, "spread": spread([e["scores"] for e in every])}
    compared, best = beside(plan, data, answers, watch)
    result |= compared
    result["seconds"] = time.monotonic() - began
    atomic_write(run.path("answers.npz"), answers_to_npz(answers, best))
    run.write("examples.json", most_wrong(answers, data))
    run.write("scores.json", result)
    return close(run, watch)


def close(run: Run, watch: Watch) -> Run:
    """Seal a run whose results are all stored, and write its report; of a closed run, nothing is written again."""
    run.forget_resume()
    if run.has("manifest.json"):
        run.check("scores.json")
    else:
        run.seal()
    if not run.has("report.html"):
        write_report(run.folder)
    watch("scores", run.read("scores.json"))
    return run


def learn(
    run: Run | None, plan: Plan, data: Data, watch: Watch = silent
) -> tuple[nn.Module, Predictive, Plan, Progress]:
    """Find the learning rate where none is given, then run the loop. Returns the network with its best weights.

    `run` is None in the further processes of a group (torchrun): they learn in step with the first, and write nothing.
    """
    data = replace(data, seed=plan.recipe.seed)
    task = build_task(plan.task, data.schema, **task_options(plan, data))
    network = build(plan.network, data.schema, seed=plan.recipe.seed, **plan.network_options)
    watch("network", network)
    if plan.recipe.lr is None:
        finding = find(network, data, task, plan.recipe)
        lr = parallel.agreed(finding.suggestion)
        plan = replace(plan, recipe_options={**plan.recipe_options, "lr": lr})
        watch("finding", finding)
        if run is not None:
            run.write("finder.json", {"lr": finding.lr, "loss": finding.loss, "suggestion": lr})
    if run is not None:
        run.write("plan.toml", plan.to_toml())
    watch("plan", plan)
    last = None
    for last in training(network, data, task, plan.recipe, run):
        watch("progress", last)
    assert last is not None  # the loop yields at least once
    return network, task, plan, last


def task_options(plan: Plan, data: Data) -> dict[str, Any]:
    """Return the task's options; `balance` becomes weights that make every class count the same."""
    options = dict(plan.task_options)
    if plan.balance:
        if plan.task != "classification":
            raise UsageError(f"--balance is for classes, and the task is {plan.task}. Leave it out.")
        options["class_weights"] = balanced_weights(data.y[data.positions("train")], len(data.schema.labels))
    return options


def one_more(run: Run, plan: Plan, data: Data, number: int, watch: Watch) -> dict[str, Any]:
    """Train the same plan with another seed, in a folder of its own inside the run; returns its scores."""
    folder = run.path(f"seed-{number}")
    folder.mkdir(exist_ok=True)
    own = Run(folder, run.folder)
    if own.has("scores.json"):
        own.forget_resume()
        return dict(own.read("scores.json"))
    own.asked_to_stop = run.asked_to_stop
    seed = plan.recipe.seed + number
    plan = replace(plan, recipe_options={**plan.recipe_options, "seed": seed})
    with own.stoppable():
        network, task, plan, _ = learn(own, plan, data, watch)
    answers = answer(network, task, data, "test")
    scores = {k: v.to_dict() for k, v in score(answers, plan.task, seed=plan.data.seed).items()}
    own.write("scores.json", {"seed": seed, "scores": scores})
    own.forget_resume()
    return {"seed": seed, "scores": scores}


def beside(plan: Plan, data: Data, answers: Answers, watch: Watch) -> tuple[dict[str, Any], np.ndarray | None]:
    """Run the baselines on the same split and columns. Returns them with the verdict, and the best one's answers."""
    if not plan.baselines:
        return {"baselines": [], "verdict": None}, None
    columns = {split: Columns(data, split) for split in data.splits}
    parts = {split: (x, own_units(data, split)) for split, x in columns.items()}
    smaller = f"pictures shrunk to {SIDE} x {SIDE}" if columns["train"].shrunk else ""
    names = data.schema.labels if plan.task == "classification" else tuple(data.schema.targets)
    finished, rivals, seed = [], [], plan.data.seed
    embedded, threads = len(data.schema.embedded), precision.cores()
    for result in run_baselines(
        parts, plan.task, names, embedded=embedded, budget_s=plan.budget, seed=seed, threads=threads
    ):
        result = replace(result, note="; ".join(filter(None, [result.note, smaller])))
        watch("baseline", result)
        finished.append(result.to_dict())
        if result.prediction is not None:
            rivals.append(Rival(result.name, result.validation, result.prediction))
    said = verdict(parts["test"][1], decided(answers), rivals, plan.task, seed=seed)
    best = next((r.prediction for r in rivals if r.name == said["baseline"]), None)
    return {"baselines": finished, "verdict": said["sentence"], "comparison": said}, best


def own_units(data: Data, split: str) -> np.ndarray:
    """Return y of a split as codes, or as numbers in their own units."""
    return true_values(data.schema, data.y[data.positions(split)])


def decided(answers: Answers) -> np.ndarray:
    """Return the network's answers as codes or numbers, as the baselines' are."""
    prediction = answers.prediction
    if prediction.probabilities is None:
        return prediction.values
    if prediction.values.ndim > 1:
        return (prediction.probabilities > 0.5).astype(np.int64)
    return prediction.probabilities.argmax(1)


def follow(plan: Plan, data: Data, seeds: int) -> Run:
    """Do a further process's share of the training (torchrun)."""
    for number in range(seeds):
        seed = plan.recipe.seed + number
        learn(None, replace(plan, recipe_options={**plan.recipe_options, "seed": seed}), data)
    parallel.leave()
    return Run(Path(os.devnull))


def reopen(folder: str | os.PathLike[str]) -> tuple[Run, Plan]:
    """Open an interrupted run and read its plan."""
    run = Run.open(folder)
    path = run.path("plan.toml")
    return run, Plan.from_toml(read_text(path), str(path))


def check_same(run: Run, data: Data) -> None:
    """Store the schema and the summary of the data; when they are stored, check that the data are still the same.

    Raises DataError where the source changed since the run began.
    """
    print_ = fingerprint(data)
    if run.has("data.json"):
        if run.read("data.json")["fingerprint"] != print_:
            raise DataError(
                f"{data.name} is no longer the data that {run.folder} began with (their checksum differs). "
                f"Put the old file back, or start anew: profundo train {data.name}"
            )
        return
    run.write("schema.json", data.schema.to_dict())
    notes = [vars(n) for n in data.notes]
    counts = {split: data.count(split) for split in data.splits}
    summary = {"name": data.name, "fingerprint": print_, "task": data.task, "counts": counts, "notes": notes}
    run.write("data.json", {**summary, "columns": data.summary})


def fingerprint(data: Data) -> str:
    """Return the SHA-256 of the encoded data, their split and their schema."""
    digest = hashlib.sha256(json.dumps(data.schema.to_dict()).encode())
    for tensor in (data.x, data.y, data.ids, *data.splits.values()):
        digest.update(np.ascontiguousarray(tensor.cpu().numpy()).data)
    return digest.hexdigest()


def slug(name: str) -> str:
    """Return a name that is safe as a folder's: letters, digits, dash."""
    kept = "".join(c if c.isalnum() else "-" for c in Path(name).name.split(".")[0].lower())
    return "-".join(filter(None, kept.split("-"))) or "run"
