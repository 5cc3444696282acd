"""What is wrong with annotations: each fault by file and entry, then refused, or left out with a count."""

from collections import Counter
from dataclasses import dataclass, field

from ...errors import DataError, UsageError, unknown
from ..raw import Note

BAD = ("few", "refuse", "skip")  # what to do: leave out up to FEW of the entries and refuse more; refuse any; leave out
FEW = 0.01
SHOWN = 5

OUTSIDE = "box outside the picture"
NO_AREA = "box without area"
NOT_A_NUMBER = "not a number"
UNKNOWN_CLASS = "unknown class"
MISSING_PICTURE = "missing picture"
OUTSIDE_FOLDER = "path outside the folder"
BAD_PICTURE = "picture that cannot be read"
PICTURE_SIZE = "picture of another size"
MASK_SIZE = "mask of another size"
BAD_MASK = "mask that cannot be read"
VALUE = "mask value without a class"
DUPLICATE = "entry that stands twice"
BROKEN = "broken file"
ENTRY = "entry that cannot be read"
OF_PICTURES = frozenset(
    {MISSING_PICTURE, OUTSIDE_FOLDER, BAD_PICTURE, PICTURE_SIZE, BROKEN}
)  # each of them costs a picture


@dataclass
class Faults:
    """Collects faults. `bad` is one of `BAD`; `finish` raises or tells. Raises UsageError for another `bad`."""

    bad: str = "few"
    counts: Counter[str] = field(default_factory=Counter)
    first: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.bad not in BAD:
            raise UsageError(unknown("value of --bad-annotations", self.bad, BAD))

    def __len__(self) -> int:
        return self.counts.total()

    def add(self, kind: str, where: str, why: str) -> None:
        """Remember a fault: `kind` is one of the above, `where` names file and entry, `why` says what is wrong."""
        self.counts[kind] += 1
        if self.counts[kind] <= SHOWN:
            self.first.append(f"{where}: {why}")

    def finish(self, entries: int, pictures: int) -> list[Note]:
        """Return the warning about what is left out of so many entries. Raises DataError where that is refused."""
        if not len(self):
            return []
        lost = sum(self.counts[kind] for kind in OF_PICTURES)
        few = lost <= FEW * pictures and len(self) - lost <= FEW * entries
        shown = "; ".join(self.first[:SHOWN])
        more = f"; and {len(self) - SHOWN:,} more" if len(self) > SHOWN else ""
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in self.counts.most_common())
        if self.bad == "refuse" or (self.bad == "few" and not few):
            limit = "" if self.bad == "refuse" else f" (more than the {FEW:.0%} that are left out unasked)"
            raise DataError(
                f"{len(self):,} of {entries:,} annotations cannot be used{limit}: {kinds}. {shown}{more}. "
                "Correct them, or, to go on without them: --bad-annotations skip"
            )
        text = f"{len(self):,} of {entries:,} annotations are left out: {kinds}. {shown}{more}"
        return [Note("warning", text, "--bad-annotations refuse", warning=True)]
