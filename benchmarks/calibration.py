"""What calibration does for an over-confident network: the calibration error on the test part before and after.

An MLP of 256 hidden units learns a small training part by heart: Adam at a constant rate, no weight decay, no dropout,
no averaging, its last weights and not its best. mnist: 1,000 training images and 1,000 for validation out of the
official training part, the official test part (10,000). cifar10: 8,000 images split 40/20/40 by the seed. Temperature
and isotonic tables are fitted on the validation part alone. Each seed draws images, first weights and order anew.
"""

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hardware import hardware
from processes import say
from profundo.data import DataPlan, load
from profundo.data.dataset import Data
from profundo.decision import fit_decision
from profundo.evaluate import answer
from profundo.gains import decision_result
from profundo.loop import training
from profundo.networks import build
from profundo.recipe import Recipe
from profundo.tasks import build_task
from record import DATA, NUMBERS, figure, record, show, store

RECIPE = Recipe(epochs=60, batch_size=64, optimizer="adam", lr=1e-3, schedule="constant")


def prepared(name: str, seed: int, folder: Path) -> Data:
    """Return the data of a seed; MNIST is thinned."""
    if name == "cifar10":
        plan = DataPlan(target=("label",), split="40/20/40", rows=8000, seed=seed, augment="none")
        return load(folder / "cifar10_jpg.parquet", plan)
    data = load("mnist", DataPlan(augment="none"))
    pool = torch.cat([data.splits["train"], data.splits["validation"]])
    drawn = pool[torch.from_numpy(np.random.default_rng([seed, 1]).permutation(len(pool))[:2000])]
    return replace(data, splits={**data.splits, "train": drawn[:1000], "validation": drawn[1000:]})


def one(name: str, seed: int, folder: Path) -> dict[str, Any]:
    """Train by heart, calibrate, and compare on the test part."""
    data = replace(prepared(name, seed, folder), seed=seed)
    task = build_task("classification", data.schema)
    network = build("mlp", data.schema, seed=seed, hidden=[256])
    unseen = replace(data, splits={**data.splits, "validation": data.splits["validation"][:0]})  # keep the last weights
    for _ in training(network, unseen, task, replace(RECIPE, seed=seed)):
        pass
    validation, test = (answer(network, task, data, split) for split in ("validation", "test"))
    own, y = test.prediction.probabilities, test.y
    found: dict[str, Any] = {"seed": seed, "accuracy": float((own.argmax(1) == y).mean())}
    for way in ("temperature", "isotonic"):
        decision = fit_decision(validation.prediction.probabilities, validation.y, task="classification", calibrate=way)
        codes = decision.choose(decision.calibrated(own))
        result = decision_result(decision, own, y, seed=seed)
        found[way] = {
            "scores": result["scores"],
            "temperature": decision.temperature,
            "accuracy": float((codes == y).mean()),
            "answers_changed": int((codes != own.argmax(1)).sum()),
            "notes": decision.notes,
        }
        say(f"{name}  seed {seed}  accuracy {found['accuracy']:.4f}  {result['sentence']}")
    return found


def measured(name: str, runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the calibration error before, and after as a share of it; answers that changed."""
    figures = [figure(f"{name}: accuracy", [r["accuracy"] for r in runs])]
    before = [r["temperature"]["scores"]["ece"]["before"] for r in runs]
    figures.append(figure(f"{name}: calibration error, before", before))
    for way in ("temperature", "isotonic"):
        after = [r[way]["scores"]["ece"]["after"] for r in runs]
        figures.append(figure(f"{name}: calibration error, {way}", after))
        share = [a / b for a, b in zip(after, before, strict=True)]
        limits = {"at_most": 0.5} if way == "temperature" else {}
        figures.append(figure(f"{name}: calibration error after / before, {way}", share, **limits))
    changed = [r["temperature"]["answers_changed"] for r in runs]
    figures.append(figure(f"{name}: answers that the temperature changed", changed, at_most=0))
    figures.append(figure(f"{name}: temperature", [r["temperature"]["temperature"] for r in runs]))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", nargs="+", choices=("mnist", "cifar10"), default=["mnist", "cifar10"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder shared/data")
    parser.add_argument("--out", type=Path, default=NUMBERS / "calibration.json")
    asked = parser.parse_args()
    os.environ["PROFUNDO_DATA"] = str(asked.data.absolute())
    for name in asked.what:
        here = hardware()
        runs = [one(name, seed, asked.data) for seed in range(asked.seeds)]
        figures = measured(name, runs)
        entry = record(figures, runs, here, settings={"seeds": asked.seeds}, table=[], notes=[])
        store(asked.out, __doc__, {name: entry})
        show(figures, say)


if __name__ == "__main__":
    main()
