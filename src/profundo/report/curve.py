"""A curve over some option: its charts, its table for a terminal, and what it says in one sentence."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..charts import BLUE, ORANGE, WIDTH, Axis, Line, fixed, line_chart, number, x_ticks
from ..metrics.hypothesis import resampled_t
from ..svg import Scale, join, label_width, limits, rule, svg
from ..svg import text as words
from .scores import spoken

LEVEL = 0.05
CAPACITY = ("hidden", "width", "layers", "depth", "units")
OWN_LOSS = ("loss", "label_smoothing", "gamma", "balance")  # the losses of these options cannot be compared
ROW = 28  # pixels
DECADE = 8.0  # from this ratio of the largest to the smallest value on, the axis is logarithmic

Point = Mapping[str, Any]


def curve_chart(result: Mapping[str, Any], of: str = "score") -> str:
    """Draw the main score, or with "loss" the loss, of the three parts over the values, as SVG.

    Numbers make lines, with the interval of the test part as faint lines; names make rows, a dot for each seed.
    """
    points = [p for p in result["points"] if p["test"]["n"]]
    measure = "loss" if of == "loss" else spoken(result["main"])
    title = f"{measure} by {named(result['over'])}"
    over = f"mean over {len(result['seeds'])} seeds"
    if result["kind"] == "name":
        return spread_chart(points, title, measure, of)
    x = [p["value"] for p in points]
    lines = [
        Line(name, x, [part(p, key, of)["mean"] for p in points], colour, dots=key != "end")
        for name, key, colour in (
            ("training", "train", BLUE),
            ("test", "test", ORANGE),
            *([("last epoch", "end", "currentColor")] if of == "loss" and result["over"] != "rows" else []),
        )
    ]
    bounds = [[missing(part(p, "test", of)[side]) for p in points] for side in ("low", "high")]
    lines += [Line("", x, side, faint=True) for side in bounds if np.isfinite(side).any()]
    log = min(x) > 0 and max(x) / min(x) >= DECADE
    across = Axis(named(result["over"]), log=log, whole=all(isinstance(v, int) for v in x))
    desc = "; ".join(f"{number(p['value'])}: {number(part(p, 'test', of)['mean'])}" for p in points)
    return line_chart(lines, title, across, Axis(f"{measure}, {over}"), f"of the test part: {desc}")


def spread_chart(points: Sequence[Point], title: str, measure: str, of: str) -> str:
    """Draw a row for each name: a faint dot for each seed, and their mean with its 95 % interval."""
    found = [part(p, "test", of) for p in points]
    names = [text(p["value"]) for p in points]
    left, bottom = label_width(names), ROW * len(points) + 8
    axis = Axis(f"test {measure} of each seed, mean with interval")
    ends = join([*(f["values"] for f in found), *([missing(f["low"]), missing(f["high"])] for f in found)])
    across = Scale(*limits(axis, ends), left + 8, WIDTH - 60)
    body = [x_ticks(across, bottom, axis, 4)]
    for i, (name, f) in enumerate(zip(names, found, strict=True)):
        y = ROW * i + ROW / 2 + 4
        body.append(words(left - 8, y + 4, name, "end"))
        body.append(words(WIDTH, y + 4, fixed(f["mean"]), "end"))
        body += [dot(float(across(v)), y, 4, 0.35) for v in f["values"]]
        if f["low"] is not None:
            body.append(rule(float(across(f["low"])), y, float(across(f["high"])), y, ORANGE, 2))
        body.append(dot(float(across(f["mean"])), y, 4.5, 1.0, ORANGE))
    return svg(WIDTH, bottom + 40, title, "; ".join(map(described, names, found)), "".join(body))


def dot(x: float, y: float, radius: float, opacity: float, colour: str = BLUE) -> str:
    """Draw a dot."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}" fill-opacity="{opacity}"/>'


def described(name: str, found: Mapping[str, Any]) -> str:
    """Write a row of the chart for a screen reader."""
    return f"{name}: mean {fixed(found['mean'])}, from {fixed(found['min'])} to {fixed(found['max'])}"


def curve_lines(result: Mapping[str, Any]) -> list[str]:
    """Write a curve for a terminal: a row for each value, then the sentence."""
    head = [named(result["over"]), "training", "validation", "test", "95 % interval", "std", "validation loss"]
    rows = [head]
    for p in result["points"]:
        parts = [fixed(p[name]["mean"]) for name in ("train", "validation", "test")]
        test, loss = p["test"], fixed(p["loss"]["validation"]["mean"])
        between = "" if test["low"] is None else f"{fixed(test['low'])} to {fixed(test['high'])}"
        rows.append([text(p["value"]), *parts, between, fixed(test["std"]), loss])
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    title = f"{spoken(result['main'])} of {result['data']}, {len(result['seeds'])} seeds a value"
    lines = ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return [title, *lines, "", result["sentence"]]


def conclusion(result: Mapping[str, Any]) -> str:
    """Say in a sentence or two what a curve shows, from differences within the seeds and their t-tests."""
    points = [p for p in result["points"] if p["test"]["n"]]
    failed = [p for p in result["points"] if p["failed"]]
    lost = [f"The loss did not stay finite at {listed(failed)}."] if failed else []
    if len(points) < 2 or min(p["test"]["n"] for p in points) < 2:
        said = "One seed says nothing of chance: what follows from this curve needs --seeds 5."
    elif result["over"] == "rows":
        said = of_rows(points, spoken(result["main"]))
    else:
        said = of_values(result, points)
    return " ".join([said, *lost])


def of_rows(points: Sequence[Point], metric: str) -> str:
    """Say whether more rows would still help."""
    before, last = points[-2:]
    test = resampled_t(paired(last, before, "test", "score"), 0.0)
    gap = last["train"]["mean"] - last["test"]["mean"]
    figures = (
        f"from {before['rows']:,} to {last['rows']:,} training rows the test {metric} changed by {test.effect:+.3f} "
        f"(95 % interval {test.low:+.3f} to {test.high:+.3f} over {last['test']['n']} seeds)"
    )
    if test.p < LEVEL and test.effect > 0:
        return f"More rows would still help: {figures}."
    advice = (
        f"the network knows its training rows better than new ones (by {gap:.3f}): try --dropout or --weight-decay"
        if gap > 0.05
        else "try other columns or a larger network"
    )
    return f"More rows of this kind are not shown to help: {figures}. Instead, {advice}."


def of_values(result: Mapping[str, Any], points: Sequence[Point]) -> str:
    """Say which value is best on the validation part, and which are shown to be worse."""
    of = "score" if result["over"] in OWN_LOSS else "loss"
    sign = 1 if of == "loss" else -1
    best = min(range(len(points)), key=lambda i: sign * part(points[i], "validation", of)["mean"])
    worse = [i for i in range(len(points)) if i != best and is_worse(points[i], points[best], of, len(points) - 1)]
    alike = [i for i in range(len(points)) if i != best and i not in worse]
    test, over = points[best]["test"], named(result["over"])
    said = (
        f"Best on the validation part: {over} {text(points[best]['value'])} ({of} "
        f"{fixed(part(points[best], 'validation', of)['mean'])}; test {spoken(result['main'])} {fixed(test['mean'])}, "
        f"95 % interval {fixed(test['low'])} to {fixed(test['high'])} over {test['n']} seeds)."
    )
    if result["kind"] == "name":
        groups = {"Shown to be worse:": worse}
    else:
        capacity = result["over"] in CAPACITY
        subject = "The network is" if capacity else f"The {over} is"
        groups = {f"{subject} too {'small' if capacity else 'low'} at": [i for i in worse if i < best]}
        groups[f"{subject} too {'large' if capacity else 'high'} at"] = [i for i in worse if i > best]
    groups["Not shown to be worse:"] = alike
    told = [f"{words} {listed([points[i] for i in found])}." for words, found in groups.items() if found]
    return " ".join([said, *told])


def is_worse(point: Point, best: Point, of: str, tests: int) -> bool:
    """Say whether a value is worse than the best: a paired t-test over the seeds, corrected for the number of tests."""
    differences = paired(point, best, "validation", of)
    if len(differences) < 2:
        return False
    found = resampled_t(differences, 0.0)
    return bool((found.effect > 0) == (of == "loss") and found.p * tests < LEVEL)


def paired(a: Point, b: Point, key: str, of: str) -> list[float]:
    """Return the differences a minus b, seed by seed; none where a seed failed."""
    first, second = part(a, key, of)["values"], part(b, key, of)["values"]
    return [x - y for x, y in zip(first, second, strict=True)] if len(first) == len(second) else []


def part(point: Point, key: str, of: str) -> Mapping[str, Any]:
    """Return the figures of a part of the data: of the score or of the loss."""
    found: Mapping[str, Any] = point["loss"][key] if of == "loss" else point[key]
    return found


def missing(value: float | None) -> float:
    """Return NaN for None."""
    return math.nan if value is None else value


def listed(points: Sequence[Point]) -> str:
    """Write the values of points: `4, 8 and 16`."""
    names = [text(p["value"]) for p in points]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def text(value: Any) -> str:
    """Write a value as it would be typed."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def named(option: str) -> str:
    """Write an option's name for a reader."""
    return "training rows" if option == "rows" else option.replace("_", " ")
