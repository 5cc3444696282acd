"""A comparison in words, as a table for a terminal, and as a chart."""

import math
from collections.abc import Mapping
from typing import Any

from ..charts import Axis, Dot, dot_and_whisker
from ..metrics.compare import LEVEL
from ..terminal import row, table

SHARES = ("accuracy", "f1")  # whose differences are told in percentage points


def pair_sentence(pair: Mapping[str, Any], metric: str, count: int) -> str:
    """Say of one pair whether a is better, how sure that is, and by how much."""
    how = {"better": "is better than", "worse": "is worse than"}.get(pair["result"], "is not distinguishable from")
    values = f"{spoken(metric)} {pair['value_a']:.3f} against {pair['value_b']:.3f}"
    chance = spoken_p(pair["p"]) + (
        f", corrected for {count} comparisons {spoken_p(pair['corrected_p'])}" if count > 1 else ""
    )
    between = interval(pair, metric)
    return (
        f"{pair['a']} {how} {pair['b']}: {values}, difference {points(pair['difference'], metric)} ({between}{chance})."
    )


def interval(pair: Mapping[str, Any], metric: str) -> str:
    """Write the interval of a difference, where there is one."""
    if any(pair[k] is None or not math.isfinite(pair[k]) for k in ("low", "high")):
        return ""
    return f"95 % interval {points(pair['low'], metric, unit=False)} to {points(pair['high'], metric)}, "


def summary(result: Mapping[str, Any], count: int) -> list[str]:
    """Say what was found: of one pair its sentence, of several first how many are clear."""
    pairs = result["pairs"]
    if len(pairs) == 1:
        return [pairs[0]["sentence"]]
    clear = [p for p in pairs if p["result"] != "not distinguishable"]
    lines = []
    if result["overall"]:
        p = result["overall"]["p"]
        lines.append(
            f"Taken together the {count} {'differ' if p < LEVEL else 'are not shown to differ'} in accuracy "
            f"(Cochran's Q, {spoken_p(p)}, n = {result['n']:,})."
        )
    few = f"{len(clear)} of {len(pairs)}" if clear else f"None of the {len(pairs)}"
    lines.append(f"{few} differences {'are' if len(clear) != 1 else 'is'} clear after Holm's correction.")
    return [*lines, *(p["sentence"] for p in pairs)]


def spoken(metric: str) -> str:
    """Write the name of a score."""
    return {"r2": "R2", "f1": "F1"}.get(metric, metric.replace("_", " "))


def points(value: float, metric: str, unit: bool = True) -> str:
    """Write a difference: of a share in percentage points."""
    if metric not in SHARES:
        return f"{value:+.3f}"
    return f"{100 * value:+.1f}" + (" points" if unit else "")


def spoken_p(p: float) -> str:
    """Write a p-value."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def compare_lines(result: Mapping[str, Any]) -> list[str]:
    """Write a comparison for a terminal: the sentences, a table of the pairs, the test and why it was chosen."""
    metric, pairs = result["metric"], result["pairs"]
    rows = [["a", "b", spoken(metric), "difference", "95 % interval", "p", "corrected"]]
    for p in pairs:
        between = interval(p, metric).removeprefix("95 % interval ").rstrip(", ") or "-"
        values = f"{p['value_a']:.3f} - {p['value_b']:.3f}"
        rows.append(
            [
                p["a"],
                p["b"],
                values,
                points(p["difference"], metric),
                between,
                f"{p['p']:.3f}",
                f"{p['corrected_p']:.3f}",
            ]
        )
    told = [s for s in result["sentences"] if len(pairs) == 1 or s not in {p["sentence"] for p in pairs}]
    lines = [
        *(row("answer" if i == 0 else "", s) for i, s in enumerate(told)),
        "",
        *(f" {t}" for t in table(rows, right="p,corrected")),
    ]
    also = [f"{p['a']} and {p['b']}, {o['method']}: {spoken_p(o['p'])}" for p in pairs for o in p.get("also", [])]
    return [*lines, "", row("test", f"{result['method']}: {result['why']}."), *(row("also", a) for a in also)]


def compare_chart(result: Mapping[str, Any]) -> str:
    """Draw the differences with their intervals as SVG: right of 0 the first of a pair has more of the measure."""
    scale = 100 if result["metric"] in SHARES else 1
    firsts = {p["a"] for p in result["pairs"]}
    against = "{b}" if len(firsts) == 1 else "{a} - {b}"
    dots = [
        Dot(against.format(**p), scale * p["difference"], *(p[k] and scale * p[k] for k in ("low", "high")))
        for p in result["pairs"]
    ]
    zero = Dot("no difference", 0.0)
    unit = " in points" if scale == 100 else ""
    title = (
        f"Differences of {spoken(result['metric'])}{unit}: {firsts.pop()} less" if len(firsts) == 1 else "Differences"
    )
    axis = Axis(f"difference of {spoken(result['metric'])}{unit}")
    return dot_and_whisker([*dots, zero], title, axis, " ".join(result["sentences"]))
