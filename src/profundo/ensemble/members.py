"""Ensembles: the run's networks and the classical models beside it answer together, scored like everything else.

How the answers are put together is learnt on the validation part alone (`combine.py`); the test part only judges. The
networks' own weights were chosen there too, which flatters them a little; nothing flatters the scores.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from torch import nn

from ..answers import Answers
from ..baselines import MAIN, BaselineResult, decided, scores
from ..data.dataset import Data
from ..errors import UsageError
from ..evaluate import answer
from ..metrics import Score
from ..metrics.compare import Comparison, comparer
from ..run import Run
from ..tasks.task import Predictive
from .combine import Combination, combine

NETWORK = "network"


@dataclass(frozen=True, eq=False)
class Member:
    """A model's answers to the validation and to the test part.

    Probabilities (n, labels), or (n, targets) of a multilabel task; of a regression numbers, (n,) or (n, targets).
    """

    name: str
    validation: np.ndarray
    test: np.ndarray


def of_run(
    run: Run, network: nn.Module, task: Predictive, data: Data, baselines: Iterable[BaselineResult], seeds: int = 1
) -> tuple[dict[str, Any], np.ndarray]:
    """Return what ensemble.json holds, and the ensemble's answers to the test part as codes or numbers.

    The members are the run's network, those of its further seeds, and every baseline that finished but the dummy.
    """
    every = {NETWORK: network} | {f"seed-{n}": network_of_seed(run, network, f"seed-{n}") for n in range(1, seeds)}
    asked = {name: (answer(n, task, data, "validation"), answer(n, task, data, "test")) for name, n in every.items()}
    own = asked[NETWORK]
    found, rows = members(asked, [b for b in baselines if b.name != "dummy"])
    assert own[0].y is not None and own[1].y is not None
    result, answers = ensemble(found, own[0].y[rows], own[1].y, data.task, seed=data.seed)
    return result, decided(data.task, answers)


def network_of_seed(run: Run, network: nn.Module, name: str) -> nn.Module:
    """Return the network of one of the run's further seeds. Raises DataError where its weights are not there."""
    own = copy.deepcopy(network)
    own.load_state_dict(Run(run.path(name), run.folder).load_weights("best.safetensors"))
    return own.eval()


def members(
    networks: Mapping[str, tuple[Answers, Answers]], baselines: Iterable[BaselineResult]
) -> tuple[list[Member], np.ndarray]:
    """Return the members, and the positions (n,) of the validation part that their answers are for.

    `networks` are answers to the validation and to the test part by name, the run's own first. A baseline that did not
    finish is no member.
    """
    able = [b for b in baselines if b.validation_rows is not None]
    rows = able[0].validation_rows if able else None
    rows = np.arange(len(next(iter(networks.values()))[0].ids)) if rows is None else rows
    found = [Member(name, raw(v)[rows], raw(t)) for name, (v, t) in networks.items()]
    for b in able:
        assert b.validation_answers is not None and b.answers is not None
        found.append(Member(b.name, b.validation_answers, b.answers))
    return found, rows


def raw(answers: Answers) -> np.ndarray:
    """Return a network's probabilities, or its numbers."""
    prediction = answers.prediction
    return prediction.values if prediction.probabilities is None else prediction.probabilities


def ensemble(
    members: Sequence[Member], y_validation: np.ndarray, y_test: np.ndarray, task: str, *, seed: int = 0
) -> tuple[dict[str, Any], np.ndarray]:
    """Put the members' answers together, and score the result on the test part beside its members.

    Both y are codes, numbers, or 0 and 1, of the rows that the members answered. The first member is the network that
    the ensemble is compared with; it is compared with its best member too, the one that is best on the validation part.
    Returns what ensemble.json holds, and the answers to the test part, shaped like a member's. Raises UsageError where
    there are fewer than two members.
    """
    if len(members) < 2:
        raise UsageError("an ensemble needs two models or more. Leave --no-baselines out, or type: --seeds 3")
    combination, by = combine([m.validation for m in members], y_validation, task, seed)
    answers = combination([m.test for m in members])
    measured = [float(MAIN[task].compute(y_validation, m.validation)) for m in members]
    best = int(np.argmax(measured))  # the first of equals
    found = scores(task, y_test, answers, seed)
    compare = comparer(task, seed)
    beside = {n: compare(y_test, decided(task, answers), decided(task, members[n].test)) for n in (0, best)}
    result = {
        "method": combination.method,
        "main": MAIN[task].name,
        "scores": {name: score.to_dict() for name, score in found.items()},
        "members": [
            {"name": m.name, "weight": float(w), "validation": v, "score": main_score(task, y_test, m.test, seed)}
            for m, w, v in zip(members, combination.shares, measured, strict=True)
        ],
        "best_member": members[best].name,
        "against_best": described(beside[best]),
        "against_network": described(beside[0]),
        "cross_validation": by,
        "combination": combination.to_dict(),
    }
    words = sentence(combination, [m.name for m in members], found[MAIN[task].name], members[best].name, beside[best])
    return result | {"sentence": words}, answers


def main_score(task: str, y: np.ndarray, answers: np.ndarray, seed: int) -> dict[str, Any]:
    """Score the main metric alone, as JSON; accuracy has its interval without a bootstrap."""
    resamples = 0 if task == "classification" else 1000
    return scores(task, y, answers, seed, resamples)[MAIN[task].name].to_dict()


def described(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON, with its result."""
    return asdict(comparison) | {"result": comparison.result}


def sentence(combination: Combination, names: Sequence[str], score: Score, best: str, comparison: Comparison) -> str:
    """Say what the ensemble is, what it reaches, and whether it is worth its cost."""
    order = np.argsort(-np.abs(combination.shares), kind="stable")
    names, best = [called(n) for n in names], called(best)
    counted = [names[i] for i in order if abs(combination.shares[i]) >= 0.005]
    said = f"{', '.join(counted[:3])}{f' and {len(counted) - 3} more' if len(counted) > 3 else ''}"
    how = "A vote" if combination.method == "vote" else "A stack"
    c, metric = comparison, {"r2": "R2", "f1": "F1"}.get(comparison.metric, comparison.metric)
    p = "p < 0.001" if c.p < 0.001 else f"p = {c.p:.3f}"
    verdict = {
        "better": "It is better than",
        "worse": "It is worse than",
        "not distinguishable": "It is not distinguishable from",
    }[c.result]
    advice = "" if c.result == "better" else f" The {best} alone is simpler to keep."
    return (
        f"{how} of {len(counted)} models (most of all {said}): {metric} {score.value:.3f}, 95 % interval "
        f"{score.low:.3f} to {score.high:.3f}. {verdict} its best member, the {best}, chosen on the validation part: "
        f"difference {c.difference:+.3f} (95 % interval {c.low:+.3f} to {c.high:+.3f}, {p}, n = {c.n:,}).{advice}"
    )


def called(name: str) -> str:
    """Write a member's name for a reader: a network of a further seed is called by its folder."""
    return f"network of {name}" if name.startswith("seed-") else name
