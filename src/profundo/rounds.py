"""One round of a resampling: load the rows as the round divides them, train, answer, score; and what all rounds say."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .answers import Answers
from .baselines import MAIN, BaselineResult
from .candidates import candidates
from .data import folds, load
from .data.dataset import Data
from .data.raw import Raw
from .errors import ProfundoError
from .evaluate import score
from .files import atomic_write
from .learning import learn
from .metrics import Score, classification_scores, multilabel_scores, regression_scores
from .metrics.resampling import Round, no_information, summarise
from .plan import Plan
from .rivals import own_units, rivals
from .run import Run

Scores = dict[str, float]
POOLED = ("kfold", "nested", *folds.EACH)  # every row is tested once: the answers can be put together


@dataclass(frozen=True, eq=False)
class Tested:
    """What a round's model answered: probabilities (n, labels) or numbers, and what that comes down to (`codes`)."""

    name: str
    ids: np.ndarray
    y: np.ndarray
    answers: np.ndarray
    codes: np.ndarray | None
    labels: tuple[str, ...]


def count(plan: Plan, data: Data) -> int:
    """Return how many rounds a plan has on a data set."""
    scheme = folds.scheme(plan.evaluate)
    if scheme.name not in folds.EACH:
        return scheme.count
    if not plan.data.group or data.frame is None:
        return len(data.ids)
    return int(data.frame[plan.data.group].nunique(dropna=False))


def carry_out(run: Run, plan: Plan, raw: Raw, number: int) -> None:
    """Carry out one round and store it; one that cannot be trained is stored with the reason."""
    try:
        found, tested = one_round(plan, raw, number)
    except ProfundoError as error:
        run.write(f"rounds/{number}.json", {"number": number, "failed": str(error)})
        return
    file = io.BytesIO()
    arrays: Any = {"ids": tested.ids, "y": tested.y, "answers": tested.answers, "codes": tested.codes}
    np.savez_compressed(file, labels=np.array(tested.labels, str), **arrays)
    atomic_write(run.path(f"rounds/{number}.npz"), file.getvalue())
    run.write(f"rounds/{number}.json", found)


def one_round(plan: Plan, raw: Raw, number: int) -> tuple[dict[str, Any], Tested]:
    """Train and score one round, with a seed of its own; returns what folds.json says of it, and its answers."""
    scheme = folds.scheme(plan.evaluate)
    own = of_round(plan, f"{number}", number)
    data = load(raw, own.data)
    name = chosen(plan, raw, number) if scheme.name == "nested" else ""
    beside = list(rivals(own, data, resamples=0))
    rival = next((b for b in beside if b.name == name), None)
    train_scores = chance = None
    if rival is not None:
        tested = answers_of(rival, data)
    else:
        trained = learn(None, candidates(own)[name], data)
        answers = trained.answer(data, "test")
        tested = answers_of_network(answers, name)
        if scheme.name in (".632", ".632+"):
            train_scores = plain(score(trained.answer(data, "train"), plan.task, resamples=0))
            chance = chance_scores(tested, plan.task)
    best = max((b for b in beside if math.isfinite(b.validation)), key=lambda b: b.validation, default=None)
    found = {
        "number": number,
        "seed": own.recipe.seed,
        "n_train": data.count("train") + data.count("validation"),
        "n_test": data.count("test"),
        "chosen": name or plan.network,
        "scores": plain(measure(tested, plan.task)),
        "train_scores": train_scores,
        "chance_scores": chance,
        "left_out": left_out(plan, data),
        "baselines": {b.name: plain(b.scores) for b in beside if b.scores},
        "best_baseline": best.name if best else None,
    }
    return found, tested


def left_out(plan: Plan, data: Data) -> list[str]:
    """Name the groups that a round tests, in order; nothing where rows are not grouped."""
    if not plan.data.group or data.frame is None:
        return []
    groups = data.frame[plan.data.group].iloc[data.positions("test").cpu().numpy()]
    return sorted({str(g) for g in groups})


def of_round(plan: Plan, number: str, seed: int) -> Plan:
    """Return the plan of one round: its fold, a seed of its own for the network, one thread."""
    options = {**plan.recipe_options, "seed": plan.recipe.seed + seed, "threads": 1}
    data = replace(plan.data, fold=f"{folds.scheme(plan.evaluate)}/{number}", split="")
    return replace(plan, data=data, evaluate="holdout", recipe_options=options)


def chosen(plan: Plan, raw: Raw, number: int) -> str:
    """Return the candidate with the best mean score over the inner folds of a nested round."""
    scheme = folds.scheme(plan.evaluate)
    values: dict[str, list[float]] = {}
    for inner in range(1, scheme.inner + 1):
        own = of_round(plan, f"{number}.{inner}", 1000 * number + inner)
        data = load(raw, own.data)
        main = MAIN[plan.task].name
        for name, candidate in candidates(own).items():
            answers = learn(None, candidate, data).answer(data, "test")
            values.setdefault(name, []).append(score(answers, plan.task, resamples=0)[main].value)
        for rival in rivals(own, data, resamples=0):
            if rival.scores:
                values.setdefault(rival.name, []).append(rival.scores[main].value)
    whole = {name: float(np.mean(found)) for name, found in values.items() if len(found) == scheme.inner}
    return max(whole, key=lambda name: whole[name])


def answers_of(rival: BaselineResult, data: Data) -> Tested:
    """Return what a baseline answered."""
    assert rival.answers is not None
    ids = data.ids[data.positions("test")].cpu().numpy()
    labels = data.schema.labels if data.task == "classification" else ()
    return Tested(rival.name, ids, own_units(data, "test"), rival.answers, rival.prediction, labels)


def answers_of_network(answers: Answers, name: str) -> Tested:
    """Return what the network answered."""
    prediction = answers.prediction
    assert answers.y is not None
    values = prediction.values if prediction.probabilities is None else prediction.probabilities
    return Tested(name, answers.ids, answers.y, values, answers.codes, prediction.labels)


def measure(tested: Tested, task: str, *, seed: int = 0, resamples: int = 0) -> dict[str, Score]:
    """Score what was answered."""
    how: Any = {"seed": seed, "resamples": resamples}
    if task == "classification":
        return classification_scores(tested.y, tested.answers, tested.labels, decided=tested.codes, **how)
    if task == "regression":
        return regression_scores(tested.y, tested.answers, **how)
    return multilabel_scores(tested.y, tested.answers, decided=tested.codes, **how)


def chance_scores(tested: Tested, task: str) -> Scores:
    """Return the scores that the same answers would have, were they given to any example (Efron and Tibshirani)."""

    def given(y: np.ndarray, answers: np.ndarray) -> Scores:
        return plain(measure(replace(tested, y=y, answers=answers, codes=None), task))

    return no_information(tested.y, tested.answers, given)


def plain(scores: Mapping[str, Score] | None) -> Scores:
    """Return the values alone."""
    return {name: s.value for name, s in (scores or {}).items()}


def summary(run: Run, plan: Plan, count: int) -> dict[str, Any]:
    """Put the rounds together, as folds.json holds them."""
    every = [run.read(f"rounds/{n}.json") for n in range(1, count + 1)]
    done = [r for r in every if "failed" not in r]
    failed = [{"number": r["number"], "reason": r["failed"]} for r in every if "failed" in r]
    scheme = folds.scheme(plan.evaluate)
    result: dict[str, Any] = {"method": str(scheme), "task": plan.task, "main": MAIN[plan.task].name}
    result |= {"scores": {}, "rounds": done, "failed": failed}
    if len(done) < 2:
        return result
    if scheme.name == "leave-one-group-out":
        result["left_out"] = {", ".join(r["left_out"]): r["scores"][result["main"]] for r in done}
    pooled = together(run, [r["number"] for r in done], plan) if scheme.name in POOLED else None
    names = [name for name in done[0]["scores"] if all(name in r["scores"] for r in done)]
    made = [as_round(r, names) for r in done]
    result["scores"] = {k: v.to_dict() for k, v in summarise(scheme.name, made, pooled).items()}
    return result


def as_round(stored: Mapping[str, Any], names: Sequence[str]) -> Round:
    """Return a stored round as the estimate takes it; a score that is undefined is NaN."""
    sides = [stored["scores"], stored["train_scores"], stored["chance_scores"]]
    values = [None if s is None else {k: math.nan if s.get(k) is None else s[k] for k in names} for s in sides]
    assert values[0] is not None
    return Round(values[0], values[1], values[2], stored["n_train"], stored["n_test"])


def together(run: Run, numbers: Sequence[int], plan: Plan) -> dict[str, Score]:
    """Score the answers of all rounds as one; a label that a round never saw has probability 0 there."""
    parts = []
    for number in numbers:
        with np.load(run.path(f"rounds/{number}.npz"), allow_pickle=False) as file:
            parts.append({name: file[name] for name in file.files})
    if plan.task != "classification":
        y, answers, codes = (np.concatenate([p[name] for p in parts]) for name in ("y", "answers", "codes"))
        return measure(Tested("", np.empty(0), y, answers, codes, ()), plan.task, seed=plan.data.seed, resamples=1000)
    labels = tuple(sorted({str(label) for p in parts for label in p["labels"]}))
    shares, truths, given = [], [], []
    for p in parts:
        place = np.array([labels.index(str(label)) for label in p["labels"]])
        share = np.zeros((len(p["answers"]), len(labels)))
        share[:, place] = p["answers"]
        shares.append(share)
        truths.append(place[p["y"]])
        given.append(place[p["codes"]])
    y, answers, codes = (np.concatenate(found) for found in (truths, shares, given))
    pooled = Tested("", np.empty(0), y, answers, codes, labels)
    return measure(pooled, plan.task, seed=plan.data.seed, resamples=1000)
