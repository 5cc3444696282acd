"""An explanation as lines of a terminal."""

from ..terminal import printable, shortened, table
from .attribution import Attribution, Column

COLUMNS, PIECES = 20, 12  # shown, the strongest first
LONGEST = 40  # letters of a value


def attribution_lines(found: Attribution) -> list[str]:
    """Write the answer, what weighed most, and whether the weights add up."""
    from ..report.answers import percent

    sure = found.probabilities.get(found.answered)
    true = f"; truly {found.true}" if found.true else ""
    against = f" rather than {found.against}" if found.against else ""
    lines = [
        f"row {found.row}: the network answers {printable(found.answered)}"
        f"{'' if sure is None else f' ({percent(sure)})'}{printable(true)}",
        f"why {printable(found.answer)}{printable(against)}, by {found.method.replace('_', ' ')}:",
    ]
    if found.map is not None:
        from .page import place_of

        height, width = found.map.shape
        lines.append(f"a map of {height} x {width} weights, strongest {place_of(found.map)}; to see it: --out why.html")
    else:
        lines += column_lines(found.columns)
    return [*lines, found.sentence, *found.notes]


def column_lines(columns: tuple[Column, ...]) -> list[str]:
    """Write the columns that weigh most, and of texts the words."""
    rows = [["weight", "column", "value"]]
    for column in sorted(columns, key=lambda c: -abs(c.weight))[:COLUMNS]:
        rows.append([f"{column.weight:+.4g}", column.name, shortened(column.value, LONGEST)])
        spoken = sorted((p for p in column.pieces if p[1]), key=lambda p: -abs(p[1]))[:PIECES]
        rows += [[f"{weight:+.4g}", "", f"  {piece.strip()}"] for piece, weight in spoken]
    left = len(columns) - COLUMNS
    return [*table(rows, right="weight"), *([f"and {left} columns that weigh less"] if left > 0 else [])]
