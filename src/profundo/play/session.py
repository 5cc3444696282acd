"""A game with one network: what the page asks is obeyed, and while it runs, frames tell how it learns."""

from collections.abc import Iterator, Mapping
from typing import Any


class Session:
    """One network in training. `running` says whether `tick` has anything to do."""

    def __init__(self) -> None:
        self.running = False

    def obey(self, order: Mapping[str, Any]) -> Iterator[bytes]:
        """Do what was asked; yields the messages that answer it."""
        yield from ()

    def tick(self) -> bytes | None:
        """Learn for about a sixtieth of a second; returns a frame where one is due."""
        return None
