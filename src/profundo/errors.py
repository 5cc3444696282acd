"""Every error a user can meet, as one tree. An error is advice: what was found, where, what to type next.

ProfundoError           1  a bug, or the base of all the others
|-- UsageError          2  an unknown name or option, values that do not go together
|-- DataError           3  the data: a file, a row, a column, a target, an image, a run folder that is damaged
|-- MissingExtra        4  a package that an optional feature needs
|-- ResourceError       5  disk, memory, time, permissions, a folder in use by another process
`-- CheckFailed         6  a check did not hold: a loss that is not finite, a score under --min-score
"""

import difflib
from collections.abc import Iterable


class ProfundoError(Exception):
    """The base of all errors that profundo raises on purpose. `exit_code` is the command's exit status."""

    exit_code = 1


class UsageError(ProfundoError):
    """What was asked for does not exist or does not go together."""

    exit_code = 2


class DataError(ProfundoError):
    """The data or a stored file cannot be used as they are."""

    exit_code = 3


class MissingExtra(ProfundoError):
    """An optional package is needed and not installed."""

    exit_code = 4


class ResourceError(ProfundoError):
    """Disk, memory, time, permissions, or a folder that another process holds."""

    exit_code = 5


class CheckFailed(ProfundoError):
    """A check that the user or the library set did not hold."""

    exit_code = 6


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return up to `count` of the known names that look like `name`, the likeliest first."""
    by_lower = {k.lower(): k for k in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=count, cutoff=0.5)
    return [by_lower[f] for f in found]


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Write the message for a name that is not known, with the nearest ones."""
    names = [str(k) for k in known]
    close = nearest(str(name), names)
    hint = f" Did you mean {' or '.join(repr(c) for c in close)}?" if close else ""
    shown = ", ".join(names[:30]) + (f", ... ({len(names)} in all)" if len(names) > 30 else "")
    return f"there is no {what} {name!r}.{hint} Known: {shown}."


def missing_extra(package: str, extra: str, why: str) -> MissingExtra:
    """Build the error for an optional package: names the one line that installs it."""
    return MissingExtra(f"{why} needs the package {package!r}. Install it: pip install 'profundo[{extra}]'")


class Interrupted(ProfundoError):
    """Ctrl-C or SIGTERM, noticed at a step's end with everything saved. `exit_code` is 128 + the signal's number."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + number
