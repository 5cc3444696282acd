"""What the answers were made of: calibration before and after, and what balancing gained and cost."""

from collections.abc import Sequence

from pydantic import BaseModel, FiniteFloat

from ..charts import BLUE, ORANGE, Axis, Dot, Line, dot_and_whisker, fixed, line_chart, number
from .html import Html, figure, figures, joined, paragraph, section, table, tag
from .scores import spoken
from .stored import Count, Score, Stored, parse

SHOWN = 40  # classes with a row of their own


class Changed(BaseModel):
    """A score before and after, and the difference with its interval."""

    before: FiniteFloat | None
    after: FiniteFloat | None
    difference: Score


class Bins(BaseModel):
    """A reliability diagram."""

    confidence: list[FiniteFloat]
    accuracy: list[FiniteFloat]
    count: list[FiniteFloat]


class Calibration(BaseModel):
    """What calibration changed on the test part."""

    n: Count
    scores: dict[str, Changed]
    bins: dict[str, Bins]
    sentence: str


class Compared(BaseModel):
    """A score without and with balancing."""

    plain: FiniteFloat | None
    balanced: FiniteFloat | None
    difference: Score


class Class(BaseModel):
    """A class, a target or a stretch of numbers, and its own scores."""

    label: str
    n: Count
    recall: Compared | None = None
    precision: Compared | None = None
    f1: Compared | None = None
    mae: Compared | None = None


class Balance(BaseModel):
    """What balancing gained and cost on the test part."""

    n: Count
    method: str = ""
    main: str
    scores: dict[str, Compared]
    classes: list[Class]
    sentence: str


class DecisionFacts(BaseModel):
    """decision.json, as far as it is shown."""

    task: str
    temperature: FiniteFloat | None = None
    shift: list[FiniteFloat] | None = None
    isotonic: list[dict[str, list[FiniteFloat]]] | None = None
    weights: list[FiniteFloat] | None = None
    rows: Count = 0
    notes: list[str] = []
    calibration: Calibration | None = None
    balance: Balance | None = None


def decision_section(run: Stored) -> Html:
    """Show how the network's output became probabilities and answers, and what that changed."""
    path = run.path / "decision.json"
    if not path.exists():
        return Html("")
    facts: DecisionFacts = parse(path, DecisionFacts)
    parts = [*calibration_parts(facts), *threshold_parts(run, facts), *balance_parts(facts)]
    notes = [paragraph("Note: ", note, kind="quiet") for note in facts.notes]
    return section("decision", "Probabilities and answers", *parts, *notes)


def calibration_parts(facts: DecisionFacts) -> list[Html]:
    """Explain the calibration and show the reliability diagram before and after it."""
    found = facts.calibration
    if found is None or (facts.temperature is None and facts.isotonic is None and facts.shift is None):
        return []
    lead = paragraph(
        "Of all answers that are given with 80 % confidence, 80 % should be right: then the probabilities are "
        "calibrated. Networks are often surer than they should be. So the validation part, which taught no weight, "
        "was used to put the probabilities right. ", how(facts),
        kind="quiet",
    )  # fmt: skip
    rows = [
        [spoken(name), fixed(s.before), fixed(s.after), fixed(s.difference.value), between(s.difference)]
        for name, s in found.scores.items()
    ]
    head = ["score, lower is better", "before", "after", "difference", "95 % interval"]
    return [tag("h3", "Calibration"), lead, paragraph(found.sentence), reliability(found), table(head, rows)]


def how(facts: DecisionFacts) -> str:
    """Say how the calibration works, in words."""
    if facts.isotonic is not None:
        return (
            "Isotonic regression: for each label a rising curve from the network's probability to the share that "
            "was right at it. With few rows it can bend towards chance."
        )
    words = []
    if facts.temperature is not None:
        softer = "above 1: the network was too sure" if facts.temperature > 1 else "below 1: it was too modest"
        words.append(
            f"Temperature scaling: the logarithms of the probabilities are divided by T = {facts.temperature:.3g} "
            f"({softer}), which leaves the likeliest label the likeliest."
        )
    if facts.shift is not None:
        words.append(
            "Balancing made rare labels look frequent to the network; their probabilities are divided by how much, "
            "so that they fit the labels as frequent as they really are."
        )
    return " ".join(words)


def reliability(found: Calibration) -> Html:
    """Draw how often answers of a given confidence are right, before and after."""
    looks = (("before", ORANGE), ("after", BLUE))
    lines = [Line("perfect", [0, 1], [0, 1], faint=True)]
    lines += [Line(name, found.bins[name].confidence, found.bins[name].accuracy, colour, dots=True)
              for name, colour in looks if name in found.bins]  # fmt: skip
    caption = "Reliability: on the diagonal, confidence and share of right answers agree; below it, too sure."
    chart = line_chart(
        lines, "Reliability diagram before and after", Axis("confidence", 0, 1), Axis("share right", 0, 1), caption
    )
    rows = [
        [name, f"{c:.3f}", f"{a:.3f}", int(k)]
        for name, bins in found.bins.items()
        for c, a, k in zip(bins.confidence, bins.accuracy, bins.count, strict=True)
    ]
    return figures(figure(chart, caption, table(["", "mean confidence", "share right", "answers"], rows)))


def threshold_parts(run: Stored, facts: DecisionFacts) -> list[Html]:
    """Show the weights of the answers, or the thresholds."""
    weights = facts.weights
    if not weights:
        return []
    labels = list(run.schema.targets) if facts.task == "multilabel" else list(run.schema.labels)
    if len(labels) != len(weights):
        labels = [str(i) for i in range(len(weights))]
    if facts.task == "multilabel":
        head, rows = ["target", "yes from"], [[n, percent(1 / (1 + w))] for n, w in zip(labels, weights, strict=True)]
        words = "An answer is yes from these probabilities on, chosen on the validation part for the highest F1."
    elif len(weights) == 2:
        share = weights[0] / (weights[0] + weights[1])
        head, rows = ["label", "answered from"], [[labels[1], percent(share)], [labels[0], percent(1 - share)]]
        words = f"The answer is {labels[1]} from a probability of {percent(share)}, and not only from 50 %."
    else:
        head, rows = ["label", "weight"], [[n, number(w)] for n, w in zip(labels, weights, strict=True)]
        words = "The answer is the label of the largest weight times probability: rare labels weigh more."
    lead = paragraph(
        f"{words} The probabilities that are shown stay the calibrated ones, so an answer need not be the likeliest.",
        kind="quiet",
    )
    return [tag("h3", "Moved thresholds"), lead, table(head, rows[:SHOWN])]


def percent(share: float) -> str:
    """Write a share in percent."""
    return f"{100 * share:.3g} %"


def balance_parts(facts: DecisionFacts) -> list[Html]:
    """Show what balancing gained and cost, as a whole and for each class."""
    found = facts.balance
    if found is None:
        return []
    lead = paragraph(
        "Rare answers teach a network little, and it hardly ever gives them. Balancing makes them count more; "
        "frequent answers pay for it. Both columns are the same network on the same test examples, without and "
        "with balancing.",
        kind="quiet",
    )
    rows = [
        [spoken(name), fixed(s.plain), fixed(s.balanced), fixed(s.difference.value), between(s.difference)]
        for name, s in found.scores.items()
    ]
    head = ["score", "without", "with", "difference", "95 % interval"]
    title = f"What balancing gained and cost{f' ({found.method})' if found.method else ''}"
    each = joined(class_figure(found.classes, name) for name in ("recall", "mae"))
    return [tag("h3", title), lead, paragraph(found.sentence), each, table(head, rows)]


def class_figure(classes: Sequence[Class], name: str) -> Html:
    """Draw each class's own score: the difference that balancing makes, with its interval."""
    pairs = [(c, s) for c in classes if (s := getattr(c, name)) is not None and s.difference.value is not None]
    if not pairs:
        return Html("")
    pairs = sorted(pairs, key=lambda p: p[0].n)[:SHOWN]
    dots = [Dot(f"{c.label} ({number(c.n)})", s.difference.value or 0.0, s.difference.low, s.difference.high)
            for c, s in pairs]  # fmt: skip
    better = "left of 0 is better" if name == "mae" else "right of 0 is better"
    caption = f"Change of the {spoken(name)} of each class by balancing, the rarest first (test examples in brackets)."
    ends = [v for d in dots for v in (0.0, d.value, d.low, d.high) if v is not None]
    axis = Axis(f"{spoken(name)}, with - without; {better}", min(ends), max(ends))
    chart = dot_and_whisker(dots, caption, axis, caption)
    rows = [
        [c.label, c.n, fixed(s.plain), fixed(s.balanced), fixed(s.difference.value), between(s.difference),
         *([f"{fixed(c.precision.plain)} → {fixed(c.precision.balanced)}"] if c.precision else ["–"])]
        for c, s in pairs
    ]  # fmt: skip
    head = ["class", "n", f"{spoken(name)} without", "with", "difference", "95 % interval", "precision"]
    return figure(chart, caption, table(head, rows), wide=True)


def between(score: Score) -> str:
    """Write the interval of a difference."""
    if score.low is None or score.high is None:
        return "–"
    return f"{fixed(score.low)} to {fixed(score.high)}"
