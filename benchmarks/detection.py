"""The localiser and the one-stage detector, from scratch on two cores: scattered digits and blood cells.

`localisation` is one digit of MNIST on a canvas of 128 x 128 pixels (scenes.py): 2,000 scenes to learn from, 500 of
other digits to choose the weights on, scored on 500 scenes of MNIST's test digits. `digits` are up to five on a canvas,
likewise. `cells` are the 364 photos of blood cells in the source's own split (205 to learn from, 87 to choose on, 72 to
score), at 320 x 240 pixels; `pretrained` the same, from weights that `pretrain` made: a detector of cell nuclei (Data
Science Bowl 2018, its training part), all of its layers but the last one of its scores.

The time counts from the start of the process: reading, training, measuring on the validation part. The cores were
shared with much other work, so the seconds that the processor worked for this process stand beside those of the clock;
fifteen minutes of two cores are 1,800 of them. Settings were chosen
on the validation part; the weights kept are those that scored best there.
"""

import time

BEGAN = time.time()

import argparse  # noqa: E402
import os  # noqa: E402
from dataclasses import replace  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

os.environ.setdefault("OMP_NUM_THREADS", "2")

import torch  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from torch import nn  # noqa: E402

import scenes  # noqa: E402
from hardware import hardware  # noqa: E402
from instances import nuclei, write_pictures  # noqa: E402
from profundo.data import load  # noqa: E402
from profundo.data.augment import build as build_augment  # noqa: E402
from profundo.data.dataset import Data  # noqa: E402
from profundo.evaluate import answer, score  # noqa: E402
from profundo.loop import training  # noqa: E402
from profundo.networks import build  # noqa: E402
from profundo.recipe import Recipe  # noqa: E402
from profundo.tasks import build_task  # noqa: E402
from record import DATA, NUMBERS, figure, record, show, store  # noqa: E402

COMMON: dict[str, Any] = {"optimizer": "adamw", "weight_decay": 0.05, "clip": 10.0}
CELLS: dict[str, Any] = {
    "network": ("one_stage", {}),
    "augment": "flip+vflip+scale:0.2+shift+colour:0.3",
    "recipe": COMMON | {"lr": 2e-3, "batch_size": 8, "epochs": 40, "average": 0.99},
}
SETUPS: dict[str, dict[str, Any]] = {
    "localisation": {
        "network": ("localiser", {}),
        "augment": "scale:0.2+shift",
        "recipe": COMMON | {"lr": 3e-3, "batch_size": 32, "epochs": 24},
        "wanted": {"accuracy at IoU 0.5": 0.97, "accuracy": 0.97, "mean IoU": 0.85},
    },
    "digits": {
        "network": ("one_stage", {}),
        "augment": "none",
        "recipe": COMMON | {"lr": 3e-3, "batch_size": 16, "epochs": 20, "average": 0.99},
        "wanted": {"mAP50": 0.95, "mAP": 0.70},
    },
    "cells": CELLS | {"wanted": {"mAP50": 0.60}},
    "pretrained": CELLS | {"wanted": {}},
    "pretrain": CELLS | {"wanted": {}, "recipe": CELLS["recipe"] | {"epochs": 12}},
}


def main() -> None:
    asked = arguments()
    setup = SETUPS[asked.what]
    setup["recipe"] |= {"epochs": asked.epochs or setup["recipe"]["epochs"]}
    here, runs = hardware(), []
    for seed in range(asked.first, asked.first + asked.seeds):
        runs.append(one(asked, setup, seed, BEGAN if seed == asked.first else time.time()))
    names = [n for n in runs[0]["scores"] if n.startswith(("mAP", "AP50")) or n in setup["wanted"]]
    wanted = setup["wanted"] if asked.part == "test" else {}
    figures = [figure(n, [r["scores"][n]["value"] for r in runs], at_least=wanted.get(n)) for n in names]
    figures.append(figure("seconds from process start to the last weights", [r["seconds"] for r in runs], "s"))
    figures.append(figure("processor seconds", [r["processor seconds"] for r in runs], "s"))
    show(figures)
    name, options = setup["network"]
    settings = {"network": name, "options": options, "augment": setup["augment"], "recipe": setup["recipe"]}
    made = record(figures, runs, here, settings=settings | {"part": asked.part})
    if asked.part == "test" and asked.what != "pretrain":
        store(asked.out, __doc__, {asked.what: made})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=SETUPS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--part", default="test", choices=["validation", "test"], help="validation: nothing is stored")
    parser.add_argument("--epochs", type=int, help="in place of the setup's own")
    parser.add_argument("--weights", type=Path, help="the weights that pretrain writes and pretrained reads")
    parser.add_argument("--keep", type=Path, help="where to write pictures of what was found")
    parser.add_argument("--out", type=Path, default=NUMBERS / "detection.json")
    return parser.parse_args()


def one(asked: argparse.Namespace, setup: dict[str, Any], seed: int, began: float) -> dict[str, Any]:
    """Train and score one network."""
    worked = time.process_time() if began != BEGAN else 0.0
    data = read(asked.what, setup["augment"], seed)
    name, options = setup["network"]
    network = build(name, data.schema, seed=seed, **options)
    if asked.what == "pretrained":
        begin_from(network, load_file(asked.weights))
    task = build_task(data.task, data.schema)
    recipe = Recipe(**setup["recipe"], seed=seed, save_every=1e9)
    curve = []
    for progress in training(network, data, task, recipe):
        if progress.whole:
            curve.append({"seconds": time.time() - began, "loss": progress.train_loss, **progress.validation})
            print(progress.epoch, {k: round(v, 3) for k, v in curve[-1].items()}, flush=True)
    seconds, worked = time.time() - began, time.process_time() - worked
    if asked.what == "pretrain":
        save_file({k: v.contiguous() for k, v in network.state_dict().items()}, asked.weights)
    scores = {}
    for part in ("validation", asked.part):
        scores[part] = {k: v.to_dict() for k, v in score(answer(network, task, data, part), data.task).items()}
    if asked.keep:
        write_pictures(asked.keep, data, network, task, asked.part)
    return {
        "seed": seed,
        "train": data.count("train"),
        "test": data.count(asked.part),
        "epochs": len(curve),
        "seconds": seconds,
        "processor seconds": worked,
        "scores": scores[asked.part],
        "validation": scores["validation"],
        "curve": curve,
    }


def read(what: str, augment: str, seed: int) -> Data:
    """Return the data of a setup."""
    if what in ("localisation", "digits"):
        data = scenes.data(most=1 if what == "localisation" else 5)
        return replace(data, augment=build_augment(augment, data.schema, data.task))
    source = nuclei() if what == "pretrain" else DATA / "bccd_detection.zip"
    return load(source, task="detection", size=320, augment=augment, seed=seed)


def begin_from(network: nn.Module, weights: dict[str, torch.Tensor]) -> None:
    """Copy the weights whose names and shapes fit; the layer that scores the labels starts anew."""
    own = network.state_dict()
    fit = {k: v for k, v in weights.items() if k in own and own[k].shape == v.shape and not k.startswith("head.score.")}
    print(f"{len(fit)} of {len(own)} tensors from another detector")
    network.load_state_dict(own | fit)


if __name__ == "__main__":
    main()
