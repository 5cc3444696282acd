"""The headline, the scores, the baselines beside the network, and the spread over seeds."""

import math
from collections.abc import Sequence

import numpy as np

from ..charts import Axis, Dot, dot_and_whisker, fixed, number, whisker
from ..metrics import CLASSIFICATION, MULTILABEL, REGRESSION
from ..schema import Kind, Series
from .html import Html, figure, fold, paragraph, section, table, tag
from .stored import Score, Stored

METRICS = {m.name: m for m in (*REGRESSION, *MULTILABEL, *CLASSIFICATION)}
FEW = 8  # channels of a series that the headline names
NO_BREAK = "\u00a0"  # a space at which no line ends


def headline(run: Stored) -> Html:
    """Say what was trained on what, how good it is, the verdict, and why training stopped."""
    s, main = run.scores, run.scores.scores.get(run.main)
    size = f" with {number(s.parameters)} parameters" if s.parameters else ""
    target = ", ".join(named(name, kind) for name, kind in run.schema.targets.items())
    lead = paragraph(
        "A network ", tag("b", s.network), f"{size}, trained for {s.task}",
        *([" of ", tag("b", target)] if target else []), f". {time_spent(run)}",
        kind="lead",
    )  # fmt: skip
    verdict = tag("div", paragraph(s.verdict), class_="verdict", role="note") if s.verdict else Html("")
    stopped = paragraph(tag("b", "Training stopped: "), s.stopped, kind="stopped") if s.stopped else Html("")
    kicker = paragraph("profundo report · ", run.path.resolve().name, kind="kicker")
    best = hero(run.main, main, lower_is_better(run, run.main))
    return tag("header", kicker, tag("h1", run.data.name), lead, best, verdict, stopped)


def named(name: str, kind: Kind) -> str:
    """Name a target: a series by its channels, where they are few."""
    return ", ".join(kind.channels) if isinstance(kind, Series) and len(kind.channels) <= FEW else name


def hero(name: str, score: Score | None, lower: bool) -> Html:
    """Show the main score large, with its interval."""
    if score is None or score.value is None:
        return Html("")
    big = tag("span", fixed(score.value), class_="big")
    if score.low is None or score.high is None:
        return tag("div", tag("p", big, f" {spoken(name)}", class_="score"), class_="hero")
    dot = Html(whisker(Dot(spoken(name), score.value, score.low, score.high), *ends(score, lower)))
    on = f", on {number(score.n)} test examples that the network never saw" if score.n else ""
    words = tag("p", f"95 % interval {fixed(score.low)} to {fixed(score.high)}{on}.")
    return tag("div", tag("p", big, f" {spoken(name)}", class_="score"), tag("div", dot, words), class_="hero")


def time_spent(run: Stored) -> str:
    """Say from how many examples the network learnt, for how long."""
    s, count = run.scores, run.data.counts.get("train")
    words = [
        f"It learnt from {number(count)} examples" if count else "",
        f"in {number(s.epochs)} epochs" if s.epochs else "",
        f"and {duration(run.seconds)}" if run.seconds else "",
    ]
    found = " ".join(w for w in words if w)
    return found[:1].upper() + found[1:] + "." if found else ""


def duration(seconds: float | None) -> str:
    """Write a time for a reader: `0.21 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    whole = round(seconds)
    if whole < 120:
        words = f"{whole} s" if seconds >= 10 else f"{seconds:.2g} s"
    else:
        words = f"{whole // 60} min {whole % 60} s" if whole < 7200 else f"{whole // 3600} h {whole % 3600 // 60} min"
    return words.replace(" ", NO_BREAK)


def scores_section(run: Stored) -> Html:
    """Show every score with its interval, its n and what it means."""
    found = [(name, score) for name, score in run.scores.scores.items() if score.value is not None]
    rows = [
        [
            tag("b", spoken(name)) if name == run.main else spoken(name),
            tag("b", fixed(score.value)) if name == run.main else fixed(score.value),
            interval(score),
            Html(
                whisker(
                    Dot(spoken(name), score.value or 0.0, score.low, score.high),
                    *ends(score, lower_is_better(run, name)),
                )
            ),
            score.n,
            tag("span", definition(run, name), class_="definition"),
        ]
        for name, score in found
    ]
    missing = [spoken(name) for name, score in run.scores.scores.items() if score.value is None]
    note = paragraph(f"Could not be computed here: {', '.join(missing)}.", kind="quiet") if missing else Html("")
    head = ["score", "value", "95 % interval", "", "n", "what it means"]
    lead = paragraph(
        "On the test part, which took no part in training. The 95 % interval shows how exactly so many examples can "
        "tell the score: drawn anew, 95 of 100 such test parts would give an interval that holds the true one.",
        kind="quiet",
    )
    mixed = run.scores.optimism
    warned = tag("p", mixed.sentence, class_="verdict", role="note") if mixed else Html("")
    return section("scores", "Scores", lead, warned, table(head, rows, "scores"), note) if rows else Html("")


def baselines_section(run: Stored) -> Html:
    """Show simpler methods beside the network, the best first, on the same split and the same columns."""
    main, network = run.main, run.scores.scores.get(run.main)
    if not run.scores.baselines or network is None or network.value is None:
        return Html("")
    entries = [("network", network, run.seconds, run.scores.network)]
    entries += [
        (b.name, b.scores[main], b.seconds, b.note or "") for b in run.scores.baselines if b.scores and main in b.scores
    ]
    entries = [e for e in entries if e[1].value is not None]
    entries.sort(key=lambda e: (e[1].value or 0.0) * (1 if lower_is_better(run, main) else -1))
    dots = [Dot(n, s.value or 0.0, s.low, s.high, main=s is network) for n, s, _, _ in entries]
    chart = dot_and_whisker(
        dots,
        f"{spoken(main)} of the network and of simpler methods",
        Axis(f"{spoken(main)} with its 95 % interval"),
        "The band is the network's interval. " + "; ".join(f"{d.label} {number(d.value)}" for d in dots),
    )
    rows = [[tag("b", n) if s is network else n, fixed(s.value), interval(s), duration(t), x] for n, s, t, x in entries]
    shown = {name for name, *_ in entries}
    rows += [[b.name, "–", "–", duration(b.seconds), b.note or ""] for b in run.scores.baselines if b.name not in shown]
    better = "lower is better" if lower_is_better(run, main) else "higher is better"
    lead = paragraph(
        f"Simpler methods, trained on the same columns and scored on the same test examples; {better}. The blue "
        "band is the network's interval; the verdict at the top compares the answers one by one.",
        kind="quiet",
    )
    twin = table(["method", spoken(main), "95 % interval", "time", "note"], rows)
    return section("baselines", "Beside simpler methods", lead, figure(chart, "", wide=True), twin)


def seeds_section(run: Stored) -> Html:
    """Show how much the scores change with the seed alone."""
    seeds, main = run.scores.seeds, run.main
    values = {
        name: [v for v in (as_value(seed.scores.get(name)) for seed in seeds) if v is not None]
        for name in run.scores.scores
    }
    if len(seeds) < 2 or len(values.get(main, [])) < 2:
        return Html("")
    spread = run.scores.spread.get(main, Score(value=float(np.mean(values[main]))))
    mean = Dot("mean", spread.value or 0.0, spread.low, spread.high, main=True)
    found = [(f"seed {s.seed}", as_value(s.scores.get(main))) for s in seeds]
    chart = dot_and_whisker(
        [*(Dot(label, value) for label, value in found if value is not None), mean],
        f"{spoken(main)} for each seed",
        Axis(spoken(main)),
        f"mean {number(mean.value)} over {len(seeds)} seeds",
    )
    rows = [[spoken(name), *summary(found, run.scores.spread.get(name))] for name, found in values.items() if found]
    lead = paragraph(
        f"The same plan, trained with {len(seeds)} seeds: what changes is the first weights, the order of the examples "
        "and all other chance.",
        kind="quiet",
    )
    head = ["score", "mean", "95 % interval of the mean", "standard deviation", "lowest", "highest"]
    each = table(["seed", spoken(main)], [[label, fixed(value)] for label, value in found])
    body = (figure(chart, "", wide=True), table(head, rows), fold("Each seed", each))
    return section("seeds", f"Over {len(seeds)} seeds", lead, *body)


def summary(values: Sequence[float], spread: Score | None) -> list[str]:
    """Return the cells for one score over several seeds."""
    middle = spread.value if spread and spread.value is not None else float(np.mean(values))
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return [fixed(middle), interval(spread), fixed(deviation), fixed(min(values)), fixed(max(values))]


def as_value(score: Score | float | None) -> float | None:
    """Return the number of a score that may be stored with or without its interval."""
    return score.value if isinstance(score, Score) else score


def interval(score: Score | None) -> str:
    """Write an interval."""
    if score is None or score.low is None or score.high is None:
        return "–"
    return f"{fixed(score.low)} to {fixed(score.high)}"


def spoken(name: str) -> str:
    """Write a score's name for a reader: `roc_auc` becomes `ROC AUC`."""
    capitals = {"roc", "auc", "mcc", "mse", "rmse", "mae", "r2", "f1", "ece"}
    return " ".join(w.upper() if w in capitals else w for w in name.split("_"))


def ends(score: Score, lower: bool) -> tuple[float, float]:
    """Return the ends of the line that a score is drawn on: 0 to 1 for shares, else from 0 to a round number."""
    found = [v for v in (score.value, score.low, score.high) if v is not None]
    low, high = min([*found, 0.0]), max(found)
    if high <= 1 and not lower:
        return (0.0 if low >= 0 else -1.0 if low >= -1 else -round_up(-low)), 1.0
    return (0.0 if low >= 0 else -round_up(-low)), round_up(high)


def round_up(value: float) -> float:
    """Return the next of 1, 2, 5 times a power of ten; 1 for what is not positive."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * m for m in (1, 2, 5, 10) if power * m >= value)


def lower_is_better(run: Stored, name: str) -> bool:
    """Say whether a smaller score is the better one."""
    known = METRICS[name].better == "lower" if name in METRICS else "loss" in name
    return known or name in run.scores.lower


def definition(run: Stored, name: str) -> str:
    """Return what a score means, in words."""
    known = METRICS[name].definition if name in METRICS else ""
    return run.scores.definitions.get(name, known)
