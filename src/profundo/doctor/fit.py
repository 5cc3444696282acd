"""What was learnt: nothing at all, the noise of the labels, the training rows by heart, or too little."""

import math
from collections.abc import Mapping
from typing import Any

from ..findings import Finding, Severity
from . import curves
from .course import FEW, Course, number, short

NOTHING = 0.97  # of the constant answer's loss
WRONG = 0.15  # share of mistakes from which their kind is looked at
SURE_OF_TWO = 0.65  # P(a right answer is surer than a mistake): by chance 0.5
SURE_OR_NEAR = 0.9  # of more labels, that and by how much more than chance the true one is second; healthy: 1 to 1.3
HEALTHY = 0.70  # what it is at least on hard data with right labels
ONE_SIDED = 1.64  # standard errors
BY_HEART = 0.8  # of the mistakes on new examples: with fewer, training examples are known by heart
MISTAKES = 10  # with fewer nothing can be said of them
LEARNT = 0.85  # of the mistakes of always naming the most frequent label: more is no knowledge
HEART = 2.5  # times the training loss
APART = 0.2  # of the constant answer's loss
NARROW = 3  # units through which everything must go


def never_fell(course: Course) -> list[Finding]:
    """A loss that stays at the level of a constant answer."""
    if len(course.train) < 2 or course.remaining < NOTHING:
        return []
    still = [layer["name"] for layer in course.last["layers"] if layer["weight"] and layer.get("moved") == 0]
    reason = held_back(course)
    if course.zeros:
        why = f"every weight of {course.zeros[0]} starts at zero, so that its units stay equal to each other"
        flag = "--initialisation he"
    elif still:
        why, flag = f"{still[0]} has not moved: it is frozen, or no gradient reaches it", "--initialisation he"
    elif reason is not None:
        why, flag, _ = reason
    else:
        why = "the inputs say nothing about the target, or the two have been mixed up. Try to learn a few rows by heart"
        flag = "--rows 200 --epochs 100"
    text = (
        f"the loss never started falling: it is {short(min(course.train))} after {len(course.train)} epochs, and a "
        f"constant answer has {short(course.constant)}: {why}."
    )
    place = (course.zeros or still or [""])[0]
    facts = {"loss": min(course.train), "constant": course.constant}
    return [
        Finding(
            "loss never started falling", "serious", text, flag, place, plot=course.loss_plot(), facts=facts
        )
    ]  # fmt: skip


def label_noise(course: Course) -> list[Finding]:
    """Mistakes that look like random labels: made as surely as right answers, the true label anywhere but second.

    Asked of validation examples, and of training examples while they are not yet learnt by heart, at every look at
    which the network knew something. Small networks on hard data make other mistakes: unsure ones, near misses. What
    could still be such by chance is minor.
    """
    looks = mistakes(course)
    if not looks or course.remaining > NOTHING:
        return []
    wrong, sure, second = (sum(f[name] for f in looks) / len(looks) for name in ("wrong", "sure", "second"))
    asked, labels = max(f["n"] for f in looks), looks[0]["labels"]
    chance, bad = 1 / max(labels - 1, 1), wrong * asked
    near = 0.0 if labels == 2 else (second - chance) / (1 - chance)
    if wrong < WRONG or bad < MISTAKES or sure + near > (SURE_OF_TWO if labels == 2 else SURE_OR_NEAR):
        return []
    error = math.sqrt((asked + 1) / (12 * bad * (asked - bad)))  # of `sure`, were it chance (Mann and Whitney 1947)
    healthy = HEALTHY if labels == 2 else SURE_OR_NEAR
    severe: Severity = "warning" if sure + near + ONE_SIDED * error < healthy else "minor"
    text = (
        f"many labels look wrong: {wrong:.0%} of the answers to new examples are mistakes, and the network is about as "
        f"sure of them as of the right ones (a right answer is surer {sure:.0%} of the time; 50% is chance)."
    )
    if course.validation:
        when = course.validation.index(min(course.validation)) + 1
        text += f" After epoch {when} it begins to learn the wrong labels by heart."
    facts = {"wrong": wrong, "sure": sure, "second": second, "examples": asked}
    flag = "--label-smoothing 0.2 --overfit 3"
    return [Finding("label noise", severe, text, flag, plot=course.loss_plot(), facts=facts)]


def mistakes(course: Course) -> list[Mapping[str, Any]]:
    """Return the descriptions of mistakes that say something: see `label_noise`."""
    found = []
    for look in course.vitals[1:]:
        own = look.get("answers") or {}
        new = look.get("fresh_answers") or own
        for asked in (new, own) if new is not own else (own,):
            learnt = "sure" in asked and asked["wrong"] < LEARNT * asked["rare"]
            if learnt and asked["wrong"] > BY_HEART * new["wrong"]:
                found.append(asked)
    return found


def overfitting(course: Course) -> list[Finding]:
    """A training loss that left the validation loss behind (Geman et al. 1992).

    A warning where already the weights that are kept, those of the lowest validation loss, know the training rows far
    better than others; minor where only later epochs do, which are thrown away.
    """
    train, validation = course.train, course.validation
    if len(train) < FEW or not validation or not curves.overfits(train, validation, course.constant):
        return []
    lowest = min(validation)
    when = validation.index(lowest)
    kept = lowest > HEART * train[when] and lowest - train[when] > APART * course.constant
    kept = kept and number(course.first["constant_loss"]) > 0  # the perceptron's loss has no such measure
    text = (
        f"overfitting: the training loss fell to {short(train[-1])}, while the validation loss, lowest in epoch "
        f"{when + 1} at {short(lowest)}, is {short(validation[-1])} at the end. "
    ) + (
        f"Already the weights that are kept know the training rows better than others ({short(train[when])})."
        if kept
        else f"The weights of epoch {when + 1} are the ones that are kept."
    )
    flag = "--dropout 0.5 --weight-decay 0.1" if kept else "--overfit 5"
    facts = {"train": train[when], "validation": lowest, "epoch": when + 1, "end": validation[-1]}
    return [Finding("overfitting", "warning" if kept else "minor", text, flag, plot=course.loss_plot(), facts=facts)]


def underfitting(course: Course) -> list[Finding]:
    """Losses that level off high, both alike, in a network that is too small or held back too much."""
    train, validation = course.train, course.validation
    if len(train) < FEW or course.remaining < curves.HIGH * 0.7 or course.remaining > NOTHING:
        return []
    reason = held_back(course)
    if reason is None or (validation and min(validation) > 1.5 * number(course.last["loss"])):
        return []
    why, flag, place = reason
    text = (
        f"underfitting: the loss of the training part levels off at {short(train[-1])}, a constant answer has "
        f"{short(course.constant)}: {why}."
    )
    facts = {"loss": train[-1], "constant": course.constant}
    return [Finding("underfitting", "warning", text, flag, place, plot=course.loss_plot(), facts=facts)]


def held_back(course: Course) -> tuple[str, str, str] | None:
    """Say what keeps a network from learning more, what to type, and where; None where nothing is seen."""
    recipe, options = course.facts.get("recipe", {}), course.facts.get("network_options", {})
    if number(options.get("dropout") or 0) >= 0.5:
        return f"dropout silences {options['dropout']:.0%} of the units", "--dropout 0.1", ""
    begun, ended = course.first["layers"], course.last["layers"]
    shrunk = [b["name"] for a, b in zip(begun, ended, strict=False) if b["weight"] and b["weight"] < 0.7 * a["weight"]]
    for name in ("l2", "l1", "weight_decay"):
        strong = number(recipe.get(name) or 0)
        if strong and (2 * len(shrunk) > len(ended) or strong >= 0.01 * (1 if name != "weight_decay" else 100)):
            option = f"--{name.replace('_', '-')}"
            return f"the penalty {option} {strong:g} shrinks the weights", f"{option} {strong / 100:.1g}", ""
    return too_small(course.hidden, course.first)


def too_small(hidden: list[Mapping[str, Any]], first: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Find a hidden layer with too few units for what goes through it."""
    outputs = first["layers"][-1]["units"]
    narrow = [layer for layer in hidden if layer["units"] <= max(NARROW, outputs // 3)]
    if narrow:
        units = narrow[0]["units"]
        return f"{narrow[0]['name']} has only {units} unit{'s' * (units > 1)}", "--hidden 128,64", narrow[0]["name"]
    return None
