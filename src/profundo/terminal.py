"""Where lines appear: one live line on a terminal, plain lines in a log. Progress is written to standard error only."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

SUBJECT = 9  # width of the first column
BAR = 12
BESIDE = BAR + 14  # what the live line holds beside its two texts: spinner, bar, time, spaces


def printable(text: str) -> str:
    """Return the text with what would disturb a terminal (escape codes, broken characters) written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def live() -> bool:
    """Say whether standard error is a terminal on which a line can be redrawn."""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb" and "NO_COLOR" not in os.environ


def say(text: str) -> None:
    """Write a line on standard error."""
    print(text, file=sys.stderr, flush=True)


def row(subject: str, text: str, flag: str = "") -> str:
    """Write a line of an account: a subject, what was found, and what to type to change it."""
    return f" {subject:<{SUBJECT}} {printable(text)}" + (f"   (change: {printable(flag)})" if flag else "")


def duration(seconds: float) -> str:
    """Write a time: 8.1 s, 2 min 5 s, 1 h 10 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def table(rows: Sequence[Sequence[str]], right: str = "") -> list[str]:
    """Align rows of texts in columns, the first row being the head. `right` names the columns that align right."""
    cells = [[printable(cell) for cell in line] for line in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    to_right = [head in right.split(",") for head in cells[0]]
    return [
        "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, to_right, strict=True)).rstrip()
        for line in cells
    ]


def shortened(text: str, length: int) -> str:
    """Cut a text that is too long."""
    return text if len(text) <= length else text[: max(0, length - 3)] + "..."[:length]


class Silent:
    """Shows nothing: for --quiet, and for every process but the first."""

    def stage(self, text: str) -> None:
        """Begin something that may take a while."""

    def brief(self, text: str) -> None:
        """Begin something that is usually over at once: not worth a line of a log."""

    def say(self, line: str) -> None:
        """Write a line that stays."""

    def log(self, line: str) -> None:
        """Write a line that only a log keeps."""

    def advance(self, place: str, done: float, measures: str, left: float) -> None:
        """Show how far the training is: `done` is a share, `left` seconds."""

    def close(self) -> None:
        """Take away what is not to stay."""


class Lines(Silent):
    """Plain lines, for a log: one for each stage and each thing that stays."""

    def stage(self, text: str) -> None:
        """Begin something that may take a while."""
        say(row("...", text))

    def say(self, line: str) -> None:
        """Write a line that stays."""
        say(line)

    def log(self, line: str) -> None:
        """Write a line that only a log keeps."""
        say(line)


class LiveLine(Silent):
    """One line of a terminal, redrawn: what goes on, a bar, the losses, the time left."""

    def __init__(self) -> None:
        self.bar: Bar | None = None

    def stage(self, text: str) -> None:
        """Begin something that may take a while."""
        self.bar = self.bar or start()
        for task in self.bar.task_ids:
            self.bar.remove_task(task)
        self.bar.add_task(printable(text), total=None, note="")

    def brief(self, text: str) -> None:
        """Begin something that is usually over at once."""
        self.stage(text)

    def say(self, line: str) -> None:
        """Write a line above the live one."""
        if self.bar is None:
            say(line)
        else:
            self.bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def advance(self, place: str, done: float, measures: str, left: float) -> None:
        """Show how far the training is: `done` is a share, `left` seconds."""
        if self.bar is None:
            return
        room = max(0, self.bar.console.width - len(place) - BESIDE)
        note = shortened(f"{duration(left)} left  {measures}", room)
        self.bar.update(self.bar.task_ids[0], completed=done, total=1.0, description=place, note=note)

    def close(self) -> None:
        """Take the line away."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


def start() -> "Bar":
    """Make the live line."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    def column(width: int = 0) -> Column:
        return Column(no_wrap=True, overflow="ellipsis", min_width=width or None)

    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False, table_column=column()),
        BarColumn(bar_width=BAR, table_column=column(BAR)),
        TimeElapsedColumn(table_column=column(7)),
        TextColumn("{task.fields[note]}", markup=False, table_column=column()),
        console=Console(file=sys.stderr),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.start()
    return bar


def screen(quiet: bool) -> Silent:
    """Return what shows the progress here."""
    return Silent() if quiet else LiveLine() if live() else Lines()
