"""The adding problem at T = 200: whether a cell can remember two marked numbers of a long sequence and add them up.

14,000 made sequences train, 3,000 are for validation (the epoch that is kept) and 3,000 test. Each cell has 64 units
and the same recipe: AdamW at 3e-3, falling to zero in a line, batches of 64, gradients clipped to 1. Always answering
the mean has a squared error of 1/6. Each seed draws data, split, first weights and order anew. The training doctor
looks at every training before and after; the last figure says in how many it found gradients that vanish through time.
"""

import argparse
import time
from pathlib import Path
from typing import Any

from hardware import hardware
from processes import say
from profundo.data import DataPlan, load
from profundo.doctor import Watcher, diagnose
from profundo.evaluate import answer
from profundo.loop import training
from profundo.networks import build
from profundo.recipe import Recipe
from profundo.tasks import build_task
from record import NUMBERS, figure, record, show, store

EPOCHS, HIDDEN, BATCH, LR, CLIP = 6, 64, 64, 3e-3, 1.0
WANTED = {"lstm": {"at_most": 0.01}, "gru": {"at_most": 0.01}, "rnn": {"at_least": 0.15}}


def one(cell: str, seed: int) -> dict[str, Any]:
    """Train once; return the squared error on the test part, and what the doctor said."""
    began = time.monotonic()
    data = load("adding", DataPlan(seed=seed))
    task, network = build_task("regression", data.schema), build(cell, data.schema, seed=seed, hidden=HIDDEN)
    recipe = Recipe(epochs=EPOCHS, batch_size=BATCH, lr=LR, schedule="linear", clip=CLIP, seed=seed)
    watcher, lines = Watcher(network, task, data, recipe), list[dict[str, Any]]()
    looks = [watcher.look(0)]
    for progress in training(network, data, task, recipe):
        if progress.whole:
            validation = progress.validation["loss"]
            lines.append({"epoch": progress.epoch, "train_loss": progress.train_loss, "validation_loss": validation})
    looks.append(watcher.look(EPOCHS))
    found = answer(network, task, data, "test")
    error = float(((found.prediction.values - found.y) ** 2).mean())
    named = [f for f in diagnose(looks, lines, {"recipe": {"lr": LR}}) if f.name == "vanishing gradients"]
    seconds = time.monotonic() - began
    say(f"{cell}  seed {seed}  squared error {error:.5f}  {seconds:.0f} s  {named[0].text if named else ''}")
    return {"seed": seed, "mse": error, "seconds": seconds, "named": [f.text for f in named], "progress": lines}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", nargs="+", default=list(WANTED), choices=list(WANTED))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=NUMBERS / "adding_problem.json")
    asked = parser.parse_args()
    for cell in asked.cells:
        here, runs = hardware(), list[dict[str, Any]]()
        for seed in range(asked.seeds):
            runs.append(one(cell, seed))
            store(asked.out, __doc__, {cell: measured(cell, runs, here)})
        show(measured(cell, runs, here)["figures"], say)


def measured(cell: str, runs: list[dict[str, Any]], here: dict[str, Any]) -> dict[str, Any]:
    """Sum the trainings of a cell up."""
    figures = [
        figure(f"{cell}: squared error on the test part", [r["mse"] for r in runs], **WANTED[cell]),
        figure(f"{cell}: seconds", [r["seconds"] for r in runs]),
        figure(f"{cell}: share of trainings with vanishing gradients named", [len(r["named"]) for r in runs]),
    ]
    settings = {"epochs": EPOCHS, "hidden": HIDDEN, "batch_size": BATCH, "lr": LR, "clip": CLIP}
    return record(figures, runs, here, settings=settings)


if __name__ == "__main__":
    main()
