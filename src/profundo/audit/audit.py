"""All looks, in order. A look is a function from a data set to what it found."""

from collections.abc import Callable

from ..data.dataset import Data
from ..data.special import READERS
from ..errors import Interrupted
from ..findings import Finding, by_severity
from . import balance, columns, groups, labels, leaks, near, order, outliers, pictures, rows, sensitive

Look = Callable[[Data], list[Finding]]

LOOKS: tuple[tuple[str, Look], ...] = (
    ("copies", rows.look),
    ("near duplicates", near.look),
    ("pictures", pictures.look),
    ("conflicting and wrong labels", labels.look),
    ("leaks", leaks.look),
    ("groups", groups.look),
    ("order and time", order.look),
    ("class balance", balance.look),
    ("columns", columns.look),
    ("outliers", outliers.look),
    ("claims about people", sensitive.look),
)


OF_PICTURES = ("pictures",)  # looks that ask nothing of the target


def audit(data: Data, *, strict: bool = False) -> list[Finding]:
    """Look at the data in every way and return what was found, the most serious first.

    A look that fails is itself a minor finding and stops nothing; with `strict` its error is raised. The same data and
    seed give the same findings; large data are looked at in samples, and the sentence says so.
    """
    found: list[Finding] = []
    for name, look in LOOKS:
        if data.task in READERS and (data.schema.image is None or name not in OF_PICTURES):
            continue
        try:
            found += look(data)
        except Interrupted:  # Ctrl-C or SIGTERM
            raise
        except Exception as error:
            if strict:
                raise
            reason = str(error).strip().split("\n")[0]
            text = f"The look at {name} could not be finished ({type(error).__name__}: {reason})."
            found.append(Finding("look failed", "minor", text))
    return by_severity(found)
