"""What a doctor found, in the data or in a training: a sentence, how bad it is, the evidence, and what to type."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["serious", "warning", "minor"]
SEVERITIES: tuple[Severity, ...] = ("serious", "warning", "minor")


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    `name` is one of a fixed few words ("leaking column", "dead units"); `text` one sentence with the figures; `flag`
    what to type to deal with it. `place` is the column or the layer. `rows` are rows of the source (ids), the clearest
    first, and `pairs` of them belong together. `pictures` are {row, picture: base64 PNG, caption}. `plot` is a small
    line chart: {x: [...], y: [...], x_name, y_name}. `facts` are the figures behind the sentence, for machines.
    """

    name: str
    severity: Severity
    text: str
    flag: str = ""
    place: str = ""
    rows: tuple[int, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()
    pictures: tuple[Mapping[str, Any], ...] = ()
    plot: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain JSON, without what is empty."""
        return {k: v for k, v in asdict(self).items() if v not in ("", (), {})}


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings, the most serious first; among equals the order stays."""
    return sorted(findings, key=lambda f: SEVERITIES.index(f.severity))
