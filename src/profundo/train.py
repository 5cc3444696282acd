"""From a source to a run: plan, data, learning rate, the loop, honest scores, baselines, verdict, report."""

import hashlib
import io
import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from . import parallel
from .advice import after, before
from .answers import Answers
from .audit import audit
from .baselines import BaselineResult
from .cards import groupings
from .data import load
from .data.dataset import Data
from .data.special import READERS
from .environment import describe
from .errors import DataError, UsageError
from .evaluate import answers_to_npz, most_wrong, score
from .files import atomic_write, read_text
from .findings import by_severity
from .learning import Learned, Watch, learn, silent
from .metrics import Score
from .metrics.spread import spread
from .optimism import optimism
from .outcomes import find_outcome
from .plan import Plan, complete, wish
from .report import write_report
from .resample import as_wished, resample
from .results import results
from .rivals import compared, rivals
from .run import Run
from .status import Status
from .stopping import ASKED
from .transfer import race


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
    BaselineResult), ("findings", [Finding]), ("diagnosis", [Finding]), ("rounds", (done, all)), ("stage", str),
    ("scores", dict).
    """
    status = Status(watch)
    try:
        run = begin(source, target, out, resume, seeds, status.watch, wishes)
    except BaseException as error:
        status.end(error)
        raise
    status.end()
    return run


def begin(
    source: Any,
    target: str | Sequence[str] | None,
    out: str | os.PathLike[str] | None,
    resume: str | os.PathLike[str] | None,
    seeds: int,
    watch: Watch,
    wishes: Mapping[str, Any],
) -> Run:
    """Begin a run, or go on with one, and carry it out."""
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
    doubts = examine(run, plan, data, watch)
    with run.stoppable():
        plan = race(run, plan, data, watch)
        learned = learn(run, plan, data, watch)
        ended = learned.last.stopped == ASKED  # by hand: no further seeds or rounds are waited for
        others = [one_more(run, plan, data, number, watch) for number in range(1, 1 if ended else seeds)]
    parallel.leave()
    wished, plan = plan, learned.plan
    answers = learned.answer(data, "test")
    scores = score(answers, plan.task, seed=plan.data.seed)
    result = told(run, learned, data, scores) | {"findings": doubts}
    if others:
        every = [{"seed": plan.recipe.seed, "scores": result["scores"]}, *others]
        result |= {"seeds": every, "spread": spread([e["scores"] for e in every])}
    beside = list(rivals(plan, data, watch))
    result |= compared(plan, answers, beside) | results(run, learned, data, answers, beside, seeds, watch)
    store_answers(run, data, answers, beside)
    run.write("examples.json", most_wrong(answers, data))
    folds = None if ended else resample(run, wished, source, data, watch)
    if folds is not None:
        run.write("folds.json", folds)
        result["evaluation"] = {
            name: folds[name] for name in ("method", "scores", "failed", "left_out") if name in folds
        }
    found = None if ended else optimism(as_wished(run, wished), source, result, watch)
    if found is not None:
        result["optimism"] = found
    result["diagnosis"] = [f["text"] for f in found_by_doctor(run)]
    if find_outcome(plan.task) is None:
        result["advice"] = after(result, folds)
    result["seconds"] = time.monotonic() - began
    run.write("scores.json", result)
    return close(run, watch)


def store_answers(run: Run, data: Data, answers: Answers, beside: Sequence[BaselineResult]) -> None:
    """Store what was answered on the test part, as arrays in answers.npz."""
    outcome = find_outcome(data.task)
    if outcome is not None:
        file = io.BytesIO()
        np.savez_compressed(file, **outcome.store(run, data, answers, beside), allow_pickle=False)
        atomic_write(run.path("answers.npz"), file.getvalue())
        return
    predictions = {f"baseline:{b.name}": b.prediction for b in beside if b.prediction is not None}
    atomic_write(run.path("answers.npz"), answers_to_npz(answers, predictions))


def found_by_doctor(run: Run) -> list[dict[str, Any]]:
    """Return what the training doctor found; nothing where the training was not watched."""
    return list(run.read("diagnosis.json")["findings"]) if run.has("diagnosis.json") else []


def examine(run: Run, plan: Plan, data: Data, watch: Watch) -> list[str]:
    """Let the data doctor look before training, where the plan wants it; store what he finds, return the sentences."""
    if plan.groups:
        groupings(data, data.ids.cpu().numpy(), plan.groups)  # refuses a column that makes no groups
    if not plan.check or (plan.task in READERS and data.schema.image is None):  # nothing that the doctor looks for
        return []
    watch("stage", "looking for faults in the data")
    found = by_severity([*audit(data), *before(data)])
    run.write("findings.json", {"findings": [f.to_dict() for f in found]})
    watch("findings", found)
    return [f.text for f in found]


def told(run: Run, learned: Learned, data: Data, scores: dict[str, Score]) -> dict[str, Any]:
    """Return what scores.json says of the network itself."""
    plan, last, metrics = learned.plan, learned.last, learned.task.metrics()
    return {
        "run": str(run.folder),
        "data": data.name,
        "task": plan.task,
        "network": plan.network,
        "parameters": sum(p.numel() for p in learned.network.parameters()),
        "epochs": last.epoch,
        "stopped": last.stopped,
        "lr": plan.recipe.learning_rate,
        "seed": plan.recipe.seed,
        "training_seconds": last.seconds,
        "main": metrics[0].name,
        "scores": {k: v.to_dict() for k, v in scores.items()},
        "definitions": {m.name: m.definition for m in metrics},
        "lower": [m.name for m in metrics if m.better == "lower"],
    }


def close(run: Run, watch: Watch) -> Run:
    """Seal a run whose results are all stored, and write its report; of a closed run, nothing is written again."""
    run.forget_resume()
    shutil.rmtree(run.path("rounds"), ignore_errors=True)
    if run.has("manifest.json"):
        run.check("scores.json")
    else:
        run.seal()
    if not run.has("report.html"):
        write_report(run.folder)
    watch("scores", run.read("scores.json"))
    return run


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
        learned = learn(own, plan, data, watch)
    answers = learned.answer(data, "test")
    scores = {k: v.to_dict() for k, v in score(answers, plan.task, seed=plan.data.seed).items()}
    own.write("scores.json", {"seed": seed, "scores": scores})
    own.forget_resume()
    return {"seed": seed, "scores": scores}


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
