"""Findings as lines of a terminal."""

import textwrap
from collections.abc import Sequence

from ..findings import Finding, by_severity
from ..terminal import printable

MOST = 6
WIDTH = 116
INDENT = 11  # where the text of an account's line begins


def findings_lines(findings: Sequence[Finding], most: int = MOST) -> list[str]:
    """Write the most serious findings as an account's lines: how bad, the sentence, and what to type."""
    ordered = by_severity(findings)
    lines = [line for found in ordered[:most] for line in finding_lines(found)]
    more = len(ordered) - most
    return lines + ([f" {'':<9} and {more} more, in the report and in findings.json"] if more > 0 else [])


def finding_lines(found: Finding) -> list[str]:
    """Write one finding; a long sentence goes on below itself."""
    words = printable(found.text) + (f"   (try: {printable(found.flag)})" if found.flag else "")
    first, *rest = textwrap.wrap(words, WIDTH - INDENT, break_long_words=False, break_on_hyphens=False) or [""]
    return [f" {found.severity:<9} {first}", *(" " * INDENT + line for line in rest)]
