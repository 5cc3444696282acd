"""The R-CNN family from scratch on two cores: boxes and masks of scattered digits, of nuclei, and boxes of blood cells.

`digits` are 2,000 scenes of up to five digits on 128 x 128 pixels (scenes.py), scored on 500 scenes of MNIST's test
digits. `nuclei` are the 333 pictures of shared/data (Data Science Bowl 2018), scored on the 66 test pictures of their
index.csv; `cells` the 364 photos of blood cells, in VOC's split, where `faster_rcnn` stands for the two-stage networks.
The time limit counts from the start of the process: reading, training, measuring on the validation part. Settings were
chosen on the validation part, a tenth of the training part; the weights kept are those that scored best there.
"""

import time

BEGAN = time.time()

import argparse  # noqa: E402
import io  # noqa: E402
import os  # noqa: E402
import zipfile  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402
from unittest import mock  # noqa: E402

os.environ.setdefault("OMP_NUM_THREADS", "2")

import torch  # noqa: E402
from torch import nn  # noqa: E402

from hardware import hardware  # noqa: E402
from profundo.data import load  # noqa: E402
from profundo.data.dataset import Data  # noqa: E402
from profundo.evaluate import answer, score  # noqa: E402
from profundo.loop import training  # noqa: E402
from profundo.metrics.detection import quick_map  # noqa: E402
from profundo.networks import build  # noqa: E402
from profundo.overlay import beside, draw  # noqa: E402
from profundo.recipe import Recipe  # noqa: E402
from profundo.tasks import build_task  # noqa: E402
from profundo.tasks.detection import truth_of  # noqa: E402
from profundo.tasks.instances import masks_of  # noqa: E402
from record import DATA, NUMBERS, figure, record, show, store  # noqa: E402

SHOWN = 4  # pictures
RECIPE: dict[str, Any] = {"optimizer": "adamw", "lr": 1e-3, "weight_decay": 0.05, "clip": 10.0, "batch_size": 8}
SETUPS: dict[str, dict[str, Any]] = {
    "digits": {
        "network": ("mask_rcnn", {"width": 24, "pyramid": 48, "sample": 32, "masks": 3}),
        "augment": "none",
        "recipe": RECIPE | {"batch_size": 16, "epochs": 10, "lr": 2e-3, "threads": 1},
        "minutes": 15.0,
        "wanted": {"mAP50": 0.95, "mAP": 0.70, "mask mAP50": 0.90},
    },
    "nuclei": {
        "network": (
            "mask_rcnn",
            {
                "width": 24,
                "pyramid": 48,
                "enlarge": 2,
                "shapes": 1,
                "proposals": 250,
                "sample": 64,
                "masks": 3,
                "most_found": 200,
            },
        ),
        "augment": "flip+vflip+scale:0.2+colour:0.3",
        "recipe": RECIPE | {"batch_size": 4, "epochs": 21, "lr": 2e-3, "average": 0.99, "threads": 1},
        "minutes": 15.0,
        "wanted": {"mask mAP50": 0.60},
    },
    "cells": {
        "network": ("faster_rcnn", {"width": 24, "pyramid": 48, "most_found": 100}),
        "augment": "flip+vflip+scale:0.2+shift+colour:0.3",
        "recipe": RECIPE | {"batch_size": 8, "epochs": 25, "lr": 1.5e-3, "threads": 1},
        "minutes": 15.0,
        "wanted": {"mAP50": 0.60},
    },
}


def main() -> None:
    asked = arguments()
    setup = SETUPS[asked.what]
    here, runs = hardware(), []
    for seed in range(asked.first, asked.first + asked.seeds):
        runs.append(one(asked, setup, seed, BEGAN if seed == asked.first else time.time()))
    names = [n for n in runs[0]["scores"] if n.startswith(("mAP", "mask mAP")) or n in setup["wanted"]]
    wanted = setup["wanted"] if asked.part == "test" else {}
    figures = [figure(n, [r["scores"][n]["value"] for r in runs], at_least=wanted.get(n)) for n in names]
    figures += [figure(n, [r["all"][n] for r in runs]) for n in runs[0]["all"]]
    figures.append(figure("seconds from process start to the last weights", [r["seconds"] for r in runs], "s"))
    show(figures)
    name, options = setup["network"]
    settings = {"network": name, "options": options, "augment": setup["augment"], "recipe": setup["recipe"]}
    made = record(figures, runs, here, settings=settings | {"part": asked.part, "minutes": setup["minutes"]})
    if asked.part == "test":
        store(asked.out, __doc__, {asked.what: made})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=SETUPS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--part", default="test", choices=["validation", "test"], help="validation: nothing is stored")
    parser.add_argument("--keep", type=Path, help="where to write pictures of what was found")
    parser.add_argument("--out", type=Path, default=NUMBERS / "instances.json")
    return parser.parse_args()


def one(asked: argparse.Namespace, setup: dict[str, Any], seed: int, began: float) -> dict[str, Any]:
    """Train and score one network."""
    data = read(asked.what, setup["augment"], seed)
    name, options = setup["network"]
    network = build(name, data.schema, seed=seed, **options)
    task = build_task(data.task, data.schema)
    limit = setup["minutes"] * 60 - (time.time() - began) - 30  # the last epoch is measured too
    recipe = Recipe(**setup["recipe"], seed=seed, time_limit=limit, save_every=1e9)
    curve = []
    for progress in training(network, data, task, recipe):
        if progress.whole:
            curve.append({"seconds": time.time() - began, "loss": progress.train_loss, **progress.validation})
            print(progress.epoch, {k: round(v, 3) for k, v in curve[-1].items()}, flush=True)
    seconds = time.time() - began
    answers = answer(network, task, data, asked.part)
    scores = {k: v.to_dict() for k, v in score(answers, data.task, seed=seed).items()}
    if asked.keep:
        write_pictures(asked.keep, data, network, task, asked.part)
    return {
        "seed": seed,
        "train": data.count("train"),
        "test": data.count(asked.part),
        "epochs": len(curve),
        "seconds": seconds,
        "scores": scores,
        "all": everything(answers, data) if asked.what == "nuclei" else {},
        "curve": curve,
    }


def everything(answers: Any, data: Data) -> dict[str, float]:
    """Score with all the objects that were found, not the best 100 of each picture as COCO does."""
    with mock.patch("profundo.metrics.matches.MOST", 10_000):
        found = quick_map(answers.y, answers.prediction.values, len(data.schema.labels), masks=True)
    return {
        f"mask mAP{k.removeprefix('map')} of all that was found, not only the best 100": v for k, v in found.items()
    }


def read(what: str, augment: str, seed: int) -> Data:
    """Return the data of a setup."""
    if what == "digits":
        from scenes import data

        return data(masks=True, seed=0, counts={"train": 2000, "validation": 200, "test": 500})
    if what == "cells":
        return load(DATA / "bccd_detection.zip", task="detection", size=320, augment=augment, seed=seed)
    return load(nuclei(), task="instances", augment=augment, seed=seed)


def nuclei() -> Path:
    """Write the nuclei as train/ and test/, as their index says, and return the folder."""
    import pandas as pd

    folder = Path("/tmp") / "profundo-nuclei"
    with zipfile.ZipFile(DATA / "dsb2018_nuclei_instances.zip") as archive:
        index = pd.read_csv(io.BytesIO(archive.read("index.csv")))
        for name, split in zip(index["id"], index["split"], strict=True):
            for kind in ("images", "instances"):
                path = folder / split / kind / f"{name}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(f"{kind}/{name}.png"))
    return folder


@torch.no_grad()
def write_pictures(folder: Path, data: Data, network: nn.Module, task: Any, part: str) -> None:
    """Write the first pictures with the truth and what was found, surely enough, beside each other."""
    folder.mkdir(parents=True, exist_ok=True)
    for place in data.positions(part)[:SHOWN].tolist():
        batch = data.gather(torch.tensor([place]))
        found = task.predict(network, batch.x).values[0]
        pixels = data.x[place].numpy()
        true = (masks_of if data.masks is not None else truth_of)(batch.y[0].numpy(), *pixels.shape[1:])
        both = [draw(pixels, objects, data.schema.labels) for objects in (true, found.keep(found.scores >= 0.5))]
        beside(both).save(folder / f"{data.task}-{place}.png")


if __name__ == "__main__":
    main()
