"""What the server knows while it runs: where the runs are, where the pages are, and its workers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import HTTPConnection

from ..errors import ProfundoError
from .asking import Askers
from .telling import Refused
from .trainings import Trainings
from .uploads import Uploads
from .workers import Players

PAGES = ("play", "lab", "train", "inside", "mistakes", "runs")
LANGUAGES = ("en", "es", "ca")
BUILT = Path(__file__).parent / "static"  # where the pages are after `npm run build` in web/


@dataclass
class House:
    """`runs` is the folder of the runs, `pages` that of the built pages, `start` the page to open and its settings.

    `understood` makes one of the library's errors of any exception.
    """

    runs: Path
    understood: Callable[[BaseException], ProfundoError]
    pages: Path = BUILT
    start: dict[str, Any] = field(default_factory=lambda: {"page": "play", "query": {}})
    players: Players = field(default_factory=Players)
    askers: Askers = field(default_factory=Askers)
    sockets: int = 0

    def __post_init__(self) -> None:
        own = self.runs / ".studio"
        self.uploads = Uploads(own / "uploads")
        self.trainings = Trainings(self.runs, own / "logs")

    def run(self, name: Any) -> Path:
        """Return the folder of a run. Raises Refused (404) where the name is not that of a run."""
        if isinstance(name, str) and plain(name):
            folder = self.runs / name
            if folder.is_dir() and not folder.is_symlink():
                return folder
        raise Refused(404, f"there is no run {str(name)[:80]!r} in {self.runs}.")


def plain(name: str) -> bool:
    """Say whether a name can only be that of something directly in a folder, and is not hidden."""
    return name.isprintable() and len(name.encode()) <= 255 and name[:1] not in ("", ".") and not set(name) & set("/\\")


def house(connection: HTTPConnection) -> House:
    """Return what the server knows."""
    return connection.app.state.house
