"""A run's mistakes as lines of a terminal."""

from collections.abc import Mapping
from typing import Any

from ..terminal import shortened, table

WIDEST = 16  # labels whose matrix a terminal shows
LISTED = 24  # letters of a label or a value
COLUMNS = 4  # values of an example that are shown


def mistake_lines(found: Mapping[str, Any]) -> list[str]:
    """Write what `mistakes` found."""
    if "labels" not in found:
        return number_lines(found)
    right = found["n"] - found["wrong"]
    share = f" ({right / found['n']:.1%})" if found["n"] else ""
    wrong = f"{found['wrong']:,} {'is' if found['wrong'] == 1 else 'are'} wrong"
    lines = [f"{right:,} of {found['n']:,} test examples are right{share}; {wrong}."]
    lines += ["", *(matrix_lines(found) if len(found["labels"]) <= WIDEST else confused_lines(found))]
    for more in (threshold_lines(found["threshold"]), calibration_lines(found["calibration"])):
        lines += ["", *more] if more else []
    cell = found["examples"]
    if cell["true"] is None and cell["said"] is None:
        return [*lines, *(["", *example_lines(cell)] if cell["n"] else [])]
    return [*example_lines(cell), "", *lines]  # what was asked for comes first


def matrix_lines(found: Mapping[str, Any]) -> list[str]:
    """Write the confusion matrix."""
    labels = [shortened(label, LISTED) for label in found["labels"]]
    rows = [["true \\ said", *labels]]
    for label, counts in zip(labels, found["counts"], strict=True):
        rows.append([label, *(f"{c:,}" if c else "." for c in counts)])
    return table(rows, right=",".join(labels))


def confused_lines(found: Mapping[str, Any]) -> list[str]:
    """List the labels that are taken for each other most."""
    if not found["confused"]:
        return ["No two labels were taken for each other."]
    rows = [["true", "said", "times", "of its row"]]
    rows += [[p["true"], p["said"], f"{p['count']:,}", f"{p['share']:.1%}"] for p in found["confused"]]
    return table(rows, right="times,of its row")


def threshold_lines(card: Mapping[str, Any] | None) -> list[str]:
    """Write what a threshold does."""
    if card is None:
        return []
    names = ("precision", "recall", "f1", "specificity", "accuracy")
    told = ", ".join(f"{name} {amount(card[name])}" for name in names)
    counts = f"{card['tp']} right and {card['fp']} wrong above it, {card['fn']} missed, {card['tn']} rightly below"
    own = (
        ""
        if card["decided"] is None or card["decided"] == card["value"]
        else f" (the run's own: {card['decided']:.3f})"
    )
    return [f"{card['label']!r} from a probability above {card['value']:.3f}{own}: {told}", f"  {counts}"]


def calibration_lines(card: Mapping[str, Any] | None) -> list[str]:
    """Write how well the probabilities say how often the answers are right."""
    if card is None:
        return []
    return [card["sentence"] or f"Confidence and share of right answers differ by {card['ece']['after']:.3f}."]


def number_lines(found: Mapping[str, Any]) -> list[str]:
    """Write the residuals of a regression."""
    q = found["quantiles"]
    head = f"{found['target']}: predicted less true over {found['n']:,} test examples"
    spread = f"mean {found['mean']:.4g}, half between {q['25']:.4g} and {q['75']:.4g}, nine of ten between {q['5']:.4g}"
    return [head, f"{spread} and {q['95']:.4g}; mean size {found['mae']:.4g}", "", *example_lines(found["examples"])]


def example_lines(cell: Mapping[str, Any]) -> list[str]:
    """List examples with the first of their values; say where there is none."""
    note = [cell["note"]] if cell["note"] else []
    asked = [f"{side} {cell[side]}" for side in ("true", "said") if cell.get(side) is not None]
    what = f" ({', '.join(asked)})" if asked else ""
    if not cell["rows"]:
        return [f"{'No' if not cell['n'] else cell['n']} examples{what}.", *note]
    names = list(dict.fromkeys(name for row in cell["rows"] for name in row["values"]))[:COLUMNS]
    last = "error" if "error" in cell["rows"][0] else "sure"
    rows = [["row", "true", "said", last, *names], *(example_row(row, names) for row in cell["rows"])]
    first, end = cell["skip"] + 1, cell["skip"] + len(cell["rows"])
    order = "the worst first" if last == "error" else "the surest first"
    head = f"Examples {first:,} to {end:,} of {cell['n']:,}{what}, {order}"
    return [head, *table(rows, right="row,error,sure"), *note]


def example_row(row: Mapping[str, Any], names: list[str]) -> list[str]:
    """Write an example as a row of a table."""
    if "error" in row:
        own = [f"{row[k]:.6g}" for k in ("true", "said", "error")]
    else:
        own = [row["true"], row["said"], amount(row["confidence"])]
    return [str(row["row"]), *(shortened(v, LISTED) for v in [*own, *(row["values"].get(n, "") for n in names)])]


def amount(value: float | None) -> str:
    """Write a share; a dash for none."""
    return "-" if value is None else f"{value:.3f}"
