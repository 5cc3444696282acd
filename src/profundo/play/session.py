"""A game with one network: what the page asks is obeyed, and while it runs, frames tell how it learns."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import UsageError, unknown
from ..frames import pack
from .frame import Camera
from .game import Game
from .ready import ready
from .view import View, place_of

SLICE = 0.012  # seconds of learning between two looks for orders
PERIOD = 1 / 32  # seconds from one frame to the next
SHARE = 1.0  # of a frame's own time, at least, is learnt before the next one
MOST = 10_000  # batches of one order
ORDERS = ("start", "reset", "run", "pause", "batch", "example", "lr", "pace", "view", "trace", "say")


class Session:
    """One network in training. `running` says whether `tick` has anything to do."""

    def __init__(self) -> None:
        self.running = False
        self.number = 0
        self.game: Game | None = None
        self.settings: Mapping[str, Any] = {}
        self.looked = dict[str, Any]()  # the wishes of the view
        self.pace: int | None = None
        self.due = 0.0
        self.taken = 0  # batches since the last frame
        self.warm_up()

    def warm_up(self) -> None:
        """Play a moment for nobody, so that the first one who plays does not wait for what loads at its first use."""
        list(self.start({"source": "spiral", "run": True}))
        while self.running and self.tick() is None:
            pass
        self.running, self.number, self.game = False, 0, None

    def obey(self, order: Mapping[str, Any]) -> Iterator[bytes]:
        """Do what was asked; yields the messages that answer it."""
        do = order.get("do")
        if do not in ORDERS:
            raise UsageError(unknown("order", str(do), ORDERS))
        if do == "start":
            yield from self.start(order)
            return
        if self.game is None:
            raise UsageError("there is no network yet: an order start makes one.")
        if do == "reset":
            pace = self.pace
            yield from self.start({**self.settings, "run": order.get("run", False)})
            self.pace = pace
        elif do == "pace":
            self.pace = None if order.get("steps") is None else whole(order, "steps")
        elif do == "view":
            yield from self.look(self.game, {k: v for k, v in order.items() if k != "do"})
        elif do == "trace":
            yield self.message({"kind": "trace", **self.game.traced(place_of(order.get("unit")), order.get("example"))})
        elif do == "say":
            yield self.message({"kind": "said", **self.game.said()})
        elif do == "example":
            yield from self.example(self.game)
        else:
            self.change(self.game, str(do), order)
            yield self.frame()

    def start(self, order: Mapping[str, Any]) -> Iterator[bytes]:
        """Make a new network. The old one goes on where that fails."""
        source, wishes, wished = order.get("source"), order.get("wishes") or {}, order.get("view") or {}
        if not isinstance(source, str) or not isinstance(wishes, Mapping) or not isinstance(wished, Mapping):
            raise UsageError("an order start takes a source, such as spiral, wishes and perhaps a view.")
        game = Game(source, wishes, self.game.loaded if self.game is not None else None)
        looked = dict(wished) or self.looked
        view = View(game, looked | {"unit": None})
        self.game, self.view, self.camera = game, view, Camera(game)
        self.settings = {"source": source, "wishes": dict(wishes)}
        self.looked, self.running, self.due = looked | {"unit": None}, bool(order.get("run")), 0.0
        self.number, self.pace = self.number + 1, None
        yield self.message(*ready(game, view))
        yield self.message(*view.told())
        yield self.frame()

    def look(self, game: Game, wished: Mapping[str, Any]) -> Iterator[bytes]:
        """Look at the same network in another way."""
        looked = {**self.looked, **wished}
        if wished.keys() - {"unit"}:
            self.view = View(game, looked)
        else:
            self.view.look_at(looked.get("unit"))
        self.looked = looked
        yield self.message(*self.view.told())
        yield self.frame()

    def example(self, game: Game) -> Iterator[bytes]:
        """Look at the next example; where all of a batch were looked at, learn from it first."""
        self.running = False
        if game.seen():
            game.learn(1)
            yield self.frame()
        told, gradient = game.look()
        yield self.message({"kind": "example", **told}, {} if gradient is None else {"gradient": gradient})

    def change(self, game: Game, do: str, order: Mapping[str, Any]) -> None:
        """Obey what only changes how the training goes on."""
        if do == "lr":
            game.set_lr(number(order, "value"))
        elif do == "batch":
            self.running = False
            game.learn(whole(order, "count", 1))
        else:
            self.running, self.due = do == "run" and game.stopped is None, 0.0

    def tick(self) -> bytes | None:
        """Learn for about a sixtieth of a second; returns a frame where one is due."""
        assert self.game is not None
        left = MOST if self.pace is None else self.pace - self.taken
        began = time.perf_counter()
        if left > 0:
            self.taken += self.game.learn(left, min(SLICE, self.due - began))
        elif began < self.due:
            time.sleep(min(SLICE, self.due - began))
        if self.game.stopped is not None:
            self.running = False
            return self.frame()
        return self.frame() if time.perf_counter() >= self.due else None

    def frame(self) -> bytes:
        """Return how the network stands, and decide when the next frame is due: never more often than it pays."""
        began = time.perf_counter()
        made = self.message(*self.camera.frame(self.view, running=self.running))
        cost = time.perf_counter() - began
        self.due, self.taken = began + max(PERIOD, cost * (1 + SHARE)), 0
        return made

    def message(self, header: Mapping[str, Any], planes: Mapping[str, np.ndarray] | None = None) -> bytes:
        """Pack a message about the game that is on."""
        return pack({"game": self.number, **header}, {k: np.ascontiguousarray(v) for k, v in (planes or {}).items()})


def whole(order: Mapping[str, Any], name: str, usual: int | None = None) -> int:
    """Return a whole number of an order. Raises UsageError where it is none, or out of bounds."""
    value = order.get(name, usual)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST:
        raise UsageError(f"{name} is {value!r}; it must be a whole number from 1 to {MOST:,}.")
    return value


def number(order: Mapping[str, Any], name: str) -> float:
    """Return a number of an order. Raises UsageError where it is none."""
    value = order.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise UsageError(f"{name} is {value!r}; it must be a number.")
    return float(value)
