"""What a finished training is asked besides its scores: calibration, balance, groups, robustness, ensemble, reference.

Each answer is a file of its own in the run folder, read by one section of the report; its sentences go to scores.json.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .answers import Answers
from .balance import balanced
from .baselines import BaselineResult
from .cards import clips_card, group_card, group_lines, robustness_card, swap_card, words_card
from .data.dataset import Data
from .ensemble import of_run
from .errors import UsageError
from .evaluate import Trained, answer
from .files import atomic_write
from .gains import balance_result, decision_result
from .learning import Learned, Watch, learn
from .outcomes import Learnt, find_outcome
from .preview import seen
from .run import Run
from .shift import reference, to_npz


def results(
    run: Run, learned: Learned, data: Data, answers: Answers, beside: Sequence[BaselineResult], seeds: int, watch: Watch
) -> dict[str, Any]:
    """Make every card that the plan wants, and return what scores.json says of them."""
    plan, said = learned.plan, dict[str, Any]()
    for name, picture in seen(learned.network, data, plan.data.seed).items():
        atomic_write(run.path(name), picture)
    outcome = find_outcome(plan.task)
    if outcome is not None:
        return said | outcome.cards(run, Learnt(learned.network, learned.task, data.schema, plan), data, answers)
    trained = Trained(learned.network, learned.task, data.schema, plan, learned.decision)
    said |= decision(run, learned, data, answers, watch)
    if data.schema.takes == "video":
        run.write("clips.json", clips_card(data, answers, plan.data.seed))
    if data.schema.tokens:
        watch("stage", "which words spoke")
        run.write("words.json", words_card(trained, data, answers, plan.data.seed))
    if plan.groups:
        watch("stage", "scores by group")
        card = group_card(trained, data, answers, plan.groups) | {"swaps": swap_card(trained, data, plan.groups)}
        run.write("groups.json", card)
        said["groups"] = group_lines(card)
    if plan.robustness and data.schema.image is not None and plan.task == "classification":
        watch("stage", "seven difficulties of pictures")
        card = robustness_card(learned.network, learned.task, data, decision=learned.decision, seed=plan.data.seed)
        run.write("robustness.json", card)
        said["robustness"] = {"weakest": card["weakest"], "sentences": [p["sentence"] for p in card["probes"]]}
    if plan.ensemble:
        said["ensemble"] = ensemble(run, learned, data, beside, seeds)
    atomic_write(run.path("reference.npz"), to_npz(reference(trained, data)))
    return said


def decision(run: Run, learned: Learned, data: Data, answers: Answers, watch: Watch) -> dict[str, Any]:
    """Store what calibrating and balancing changed on the test part, and return their sentences."""
    plan, made, said = learned.plan, learned.decision.to_dict(), {}
    if answers.prediction.probabilities is not None and answers.y is not None:
        own = answer(learned.network, learned.task, data, "test").prediction.probabilities
        assert own is not None
        made["calibration"] = decision_result(learned.decision, own, answers.y, seed=plan.data.seed)
        said["calibration"] = made["calibration"]["sentence"]
    if plan.balance != "none":
        watch("stage", "the same network without --balance")
        method = balanced(plan.balance, plan.task, plan.task_options, data).method
        plain = twin(learned, data, method)
        labels = data.schema.labels if plan.task == "classification" else tuple(data.schema.targets)
        assert answers.y is not None
        made["balance"] = balance_result(
            plain.codes, answers.codes, answers.y, labels, task=plan.task, method=method, seed=plan.data.seed
        )
        said["balance"] = made["balance"]["sentence"]
    run.write("decision.json", made)
    return said


def twin(learned: Learned, data: Data, method: str) -> Answers:
    """Answer the test part with the same network trained without balancing."""
    plan = replace(learned.plan, balance="none")
    if method == "threshold":  # only the answers moved: the network is the same
        return replace(learned, decision=replace(learned.decision, weights=None)).answer(data, "test")
    return learn(None, plan, data).answer(data, "test")


def ensemble(run: Run, learned: Learned, data: Data, beside: Sequence[BaselineResult], seeds: int) -> dict[str, Any]:
    """Let the networks and the baselines answer together. Raises UsageError where there is nothing to join."""
    if not beside and seeds < 2:
        raise UsageError("--ensemble joins the network with baselines or further seeds. Leave out --no-baselines.")
    found, _ = of_run(run, learned.network, learned.task, data, beside, seeds)
    run.write("ensemble.json", found)
    return {name: found[name] for name in ("method", "main", "scores", "best_member", "sentence")}
