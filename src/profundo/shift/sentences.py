"""What the tests found, in words: one finding for each thing that moved, and the lines of the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..findings import Finding, Severity, by_severity
from ..schema import Category, Date, Image, Schema
from .columns import Test
from .compare import Compared
from .labels import Shares

LARGE = 0.3  # the distance from which a moved column is serious
SHOWN = 5  # names in a sentence
LEAST = 20  # new rows, below which nothing is tested
UP_DOWN = {
    "brightness": ("brighter", "darker"),
    "contrast": ("richer in contrast", "poorer in contrast"),
    "sharpness": ("sharper or noisier", "blurrier or smoother"),
    "saturation": ("more colourful", "less colourful"),
}


def column_finding(test: Test, schema: Schema, unit: float | None, unseen: Sequence[tuple[str, int]]) -> Finding:
    """Say which column moved, from what to what."""
    severity: Severity = "serious" if test.statistic >= LARGE or unit is not None else "warning"
    facts = {"statistic": test.statistic, "p": test.p, "before": dict(test.before), "after": dict(test.after)}
    if "shares" in test.before:
        return Finding("column moved", severity, labels_text(test, unseen), place=test.name, facts=facts)
    if unit is not None:
        text = f"{test.name} looks like another unit: its values are about {unit:g} times what they were"
        return Finding("unit changed", severity, f"{text}; {moved(test)}.", place=test.name, facts=facts | {"by": unit})
    dated = isinstance(schema.inputs.get(test.name), Date)
    column, _, what = test.name.rpartition(": ")
    if isinstance(schema.inputs.get(column), Image):
        text = picture_text(what, test)
        return Finding("pictures changed", severity, text, place=test.name, facts=facts)
    return Finding("column moved", severity, numbers_text(test, dated), place=test.name, facts=facts)


def numbers_text(test: Test, dated: bool) -> str:
    """Say how the values of a number, or how often it is missing, changed."""
    gaps = [float(d["missing"]) for d in (test.before, test.after)]
    if gaps[1] == 1:
        return f"{test.name} has no value in any new row; before, {percent(gaps[0])} of its values were missing."
    parts = []
    if abs(gaps[1] - gaps[0]) >= 0.02:
        parts.append(f"it is missing in {percent(gaps[1])} of the rows instead of {percent(gaps[0])}")
    if not parts or test.statistic > abs(gaps[1] - gaps[0]):
        parts.insert(0, moved(test, dated))
    return f"{test.name} moved: {' and '.join(parts)}."


def moved(test: Test, dated: bool = False) -> str:
    """Say from what to what the values went: their middle, or their ends where the middle moved less."""
    before, after = test.before, test.after
    if before["median"] is None or after["median"] is None:
        return "one side has no value"
    names = {
        "median": "the middle value",
        "low": "the lowest twentieth ends at",
        "high": "the highest twentieth begins at",
    }
    steps = {key: abs(after[key] - before[key]) for key in names}
    most = max(steps, key=lambda key: steps[key])
    key = "median" if steps["median"] >= 0.4 * steps[most] else most
    write = day if dated else number
    if not steps[key]:
        return "its values are spread differently, around the same middle and ends"
    if key == "median":
        return f"the middle value was {write(before[key])} and is {write(after[key])}"
    return f"{names[key]} {write(after[key])}, before at {write(before[key])}"


def labels_text(test: Test, unseen: Sequence[tuple[str, int]]) -> str:
    """Say which label's share changed most, and which labels are new."""
    before, after = ({"": d["missing"]} | d["shares"] for d in (test.before, test.after))
    name = max(before, key=lambda key: (after[key] - before[key]) ** 2 / max(after[key] + before[key], 1e-12))
    shown = repr(name) if name else "missing values"
    parts = [f"the share of {shown} was {percent(before[name])} and is {percent(after[name])}"]
    if unseen:
        parts.append(f"{percent(test.after['never seen'])} of the rows have labels never seen: {listed(unseen)}")
    return f"{test.name} moved: {' and '.join(parts)}."


def picture_text(what: str, test: Test) -> str:
    """Say how the pictures changed."""
    a, b = float(test.before["median"]), float(test.after["median"])
    words = UP_DOWN.get(what)
    if what in ("black", "white"):
        change = f"{'more' if b > a else 'fewer'} of their pixels are wholly {what}"
        return f"The pictures changed: {change}, {percent(b)} instead of {percent(a)} in the middle."
    if words is None:
        change = f"their {what} channel is {'stronger' if b > a else 'weaker'}"
    else:
        change = f"they are {words[0] if b > a else words[1]}"
    by = f" ({(b / a - 1) * 100:+.0f} %)" if a > 0 else ""
    return f"The pictures changed: {change}; the middle {what} was {number(a)} and is {number(b)}{by}."


def new_labels_finding(column: str, unseen: Sequence[tuple[str, int]]) -> Finding:
    """Name the labels of a column that training never saw; a few of them are no alarm."""
    text = f"{column} has labels that training never saw: {listed(unseen)}. The network knows nothing of them."
    return Finding("new labels", "minor", text, place=column, facts={"labels": dict(unseen)})


def missing_column_finding(name: str, near: Sequence[str]) -> Finding:
    """Say that a column that the network needs is not there."""
    hint = f" Is it {' or '.join(repr(n) for n in near)} now? Rename it." if near else ""
    text = f"The column {name!r} is missing from the new data: the network cannot answer without it.{hint}"
    return Finding("missing column", "serious", text, place=name)


def strange_finding(share: float, usual: float, rows: Sequence[int], moved_too: Sequence[str]) -> Finding:
    """Say that some new rows are unlike everything known."""
    text = (
        f"{percent(share)} of the new rows are unlike the rows of every known class, where {percent(usual)} were to be "
        "expected: there may be a class that training never saw. Look at them first."
    )
    if moved_too:
        text += f" Or it comes from what changed in {named(moved_too)}."
    facts = {"share": share, "expected": usual}
    return Finding("unlike every class", "serious", text, rows=tuple(rows), facts=facts)


def joint_finding(test: Test) -> Finding:
    """Say that the rows differ in a way that no single column shows."""
    text = (
        "The rows look different when all columns are taken together, though no single column moved: "
        "values that used to go together no longer do."
    )
    return Finding("columns together", "warning", text, facts={"statistic": test.statistic, "p": test.p})


def answers_finding(tests: Sequence[Test], shares: Shares | None, names: Sequence[str]) -> Finding:
    """Say how the network's answers moved, and what that says of the classes' shares."""
    test = tests[0]
    if shares is None:
        what = moved(test) if "median" in test.before else "they are spread differently"
        return Finding("answers moved", "warning", f"The network answers differently: {test.name}: {what}.")
    i = int((abs(shares.after - shares.before).round(9) - 1e-9 * shares.before).argmax())  # of two, the rarer
    text = (
        f"The network's answers moved. If only the shares of the classes changed, {names[i]!r} went from "
        f"{percent(shares.before[i])} to {percent(shares.after[i])} "
        f"(95 % interval {percent(shares.low[i])} to {percent(shares.high[i])})."
    )
    return Finding("answers moved", "warning", text)


def few_finding(n: int) -> Finding:
    """Say that there are too few rows for any test."""
    rows = "One new row is" if n == 1 else f"{n} new rows are"
    text = f"{rows} too few to say whether they look like the training data: at least {LEAST} are needed."
    return Finding("too few rows", "minor", text)


def shift_lines(result: Mapping[str, Any]) -> list[str]:
    """Write the result of `shifted` for the terminal: the answer first, then what was found, then the shares."""
    findings = [Finding(**f) for f in result["findings"]]
    lines = [headline(result), ""]
    lines += [f"{f.severity:8} {f.text}" for f in by_severity(findings)]
    labels = result["labels"]
    if labels and result["outputs"] and any(t["shifted"] for t in result["outputs"]):
        lines += ["", "share of each class, if nothing else changed (95 % interval):"]
        order = sorted(labels["classes"], key=lambda c: -abs(c["after"] - c["before"]))[: 2 * SHOWN]
        lines += [
            f"  {c['label']:20} {percent(c['before'])} -> {percent(c['after'])}  "
            f"({percent(c['low'])} to {percent(c['high'])})"
            for c in order
        ]
    if result["noticeable"] is not None:
        share = percent(result["noticeable"])
        lines += ["", f"With so many rows, a column is noticed to move when about {share} of its rows do."]
    if result["alarm"] and result.get("run"):
        lines.append(f"With the true answers of some new rows: profundo evaluate {result['run']} NEW.csv")
    return [line.rstrip() for line in lines]


def headline(result: Mapping[str, Any]) -> str:
    """Say in one sentence whether the new data look like the training data."""
    rows = f"{result['n_new']:,} new rows against {result['n_reference']:,}"
    if not result["tested"]:
        return f"Nothing can be said about a shift ({rows})."
    if not result["alarm"]:
        level = percent(result["level"])
        return (
            f"No sign that the new data differ ({rows}; where nothing changed, this test is wrong in {level} at most)."
        )
    places = [f["place"] for f in result["findings"] if f.get("place") and f["severity"] != "minor"]
    where = f": {named(places)}" if places else ""
    return f"The new data do not look like those of the training{where} ({rows})."


def class_rows(shares: Shares, names: Sequence[str]) -> list[dict[str, Any]]:
    """Write the shares of the classes as plain JSON."""
    columns = zip(names, shares.before, shares.after, shares.low, shares.high, strict=True)
    return [
        {"label": n, "before": float(b), "after": float(a), "low": float(lo), "high": float(hi)}
        for n, b, a, lo, hi in columns
    ]


def written_tests(compared: Compared, block: str) -> list[dict[str, Any]]:
    """Write the tests of a block as plain JSON."""
    return [
        {
            "name": t.name,
            "test": t.test,
            "statistic": t.statistic,
            "p": t.p,
            "p_corrected": p,
            "shifted": p <= compared.level,
            "before": dict(t.before),
            "after": dict(t.after),
        }
        for t, p in zip(compared.blocks[block], compared.corrected[block], strict=True)
    ]


def target_names(schema: Schema) -> list[str]:
    """Return the labels of one category target, or else the names of the targets."""
    kinds = list(schema.targets.values())
    one = kinds[0] if len(kinds) == 1 else None
    return list(one.labels) if isinstance(one, Category) else list(schema.targets)


def percent(share: float) -> str:
    """Write a share: 37 %, 0.4 %."""
    value = 100 * float(share)
    return f"{value:.0f} %" if value >= 10 or value.is_integer() else f"{value:.1f} %"


def number(value: float) -> str:
    """Write a value with four significant digits, whole numbers as they are."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e9 else f"{value:.4g}"


def day(seconds: float) -> str:
    """Write seconds since 1970 as a date."""
    import numpy as np

    return str(np.datetime64(int(seconds), "s").astype("datetime64[D]"))


def listed(counted: Sequence[tuple[str, int]]) -> str:
    """Write names with their counts: 'a' (3), 'b' (1), and 4 more."""
    more = f", and {len(counted) - SHOWN} more" if len(counted) > SHOWN else ""
    return ", ".join(f"{name!r} ({count:,})" for name, count in counted[:SHOWN]) + more


def named(names: Sequence[str]) -> str:
    """Write names: a, b, and 4 more."""
    names = list(dict.fromkeys(names))
    more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
