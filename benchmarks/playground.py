"""The playground's worker: how soon its default network learns the made sets, and what a start and a frame cost.

Of two spirals: batches, and seconds of learning, until the loss on the test part is below 0.05, for 20 seeds (each of
them another split, other first weights, another order); it is looked at every 50 batches. Of the other sets: the loss
on the test part after 2,000 batches, without noise and with the playground's 0.2, for 5 drawings. Costs are of one
process: the answer to an order, with everything that is drawn packed into messages.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import torch

from hardware import hardware
from processes import say
from profundo.play.game import Game
from profundo.play.session import Session
from record import NUMBERS, figure, record, show, store

SEEDS, DRAWINGS, TURNS = 20, 5, 100
SMALL, OFTEN, MOST, LONG = 0.05, 50, 12_000, 2_000
SETS = ("circle", "xor", "gauss", "plane", "gauss_regression")
Found = tuple[list[dict[str, Any]], list[Any]]


@torch.no_grad()
def test_loss(game: Game) -> float:
    """Return the loss on the whole test part."""
    test = game.data.whole("test")
    return float(game.task.example_losses(game.network(test.x), test.y).mean())


def spirals() -> Found:
    """Learn two spirals from every seed."""
    rows = []
    for seed in range(SEEDS):
        game = Game("spiral", {"seed": seed})
        while game.step < MOST and test_loss(game) >= SMALL:
            game.learn(OFTEN)
        rows.append({"seed": seed, "loss": test_loss(game), "batches": game.step, "seconds": game.seconds})
        say(str(rows[-1]))
    reached = [float(row["loss"] < SMALL) for row in rows]
    figures = [
        figure("seeds that reach a test loss below 0.05", reached, "of 1", at_least=1.0),
        figure("batches until the test loss is below 0.05", [row["batches"] for row in rows]),
        figure("seconds of learning until then", [row["seconds"] for row in rows], "s", at_most=5.0),
    ]
    return figures, rows


def sets() -> Found:
    """Learn the other made sets."""
    figures, rows = [], []
    for name in SETS:
        for noise in (0.0, 0.2):
            losses = []
            for draw in range(DRAWINGS):
                game = Game(name, {"noise": noise, "draw": draw})
                game.learn(LONG)
                losses.append(test_loss(game))
            rows.append({"set": name, "noise": noise, "losses": losses})
            figures.append(figure(f"test loss of {name}, noise {noise:g}", losses))
    return figures, rows


def costs() -> Found:
    """Time what a page waits for."""
    session = Session()
    start = {"do": "start", "source": "spiral", "wishes": {}}
    orders = {
        "start of a new network": start,
        "one batch": {"do": "batch"},
        "another view": {"do": "view", "grid": 100},
    }
    orders |= {"one example": {"do": "example"}, "trace of a unit": {"do": "trace", "unit": [1, 0], "example": None}}
    limits = {"start of a new network": 150.0, "one frame": 5.0}
    times: dict[str, list[float]] = {name: [] for name in (*orders, "one frame")}
    list(session.obey(start))
    for _ in range(TURNS):
        for name, order in orders.items():
            times[name].append(timed(lambda order=order: list(session.obey(order))))
        times["one frame"].append(timed(session.frame))
    return [figure(name, found, "ms", at_most=limits.get(name)) for name, found in times.items()], [times]


def timed(work: Any) -> float:
    """Return how long work takes, in milliseconds."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


PARTS = {"spirals": spirals, "sets": sets, "costs": costs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", nargs="+", choices=tuple(PARTS), default=list(PARTS))
    parser.add_argument("--out", type=Path, default=NUMBERS / "playground.json")
    asked = parser.parse_args()
    for name in asked.what:
        here = hardware()
        figures, rows = PARTS[name]()
        store(asked.out, __doc__, {name: record(figures, rows, here)})
        show(figures, say)


if __name__ == "__main__":
    main()
