"""Augmentation: what it brings with few pictures, and how fast it is beside kornia, albumentations and Pillow.

`learning`: a network from scratch on 5,000 training pictures of CIFAR-10 (as JPEG, a little lossy), 500 of each label
drawn by the seed, once without augmentation and once with mirror images and padded crops (`--augment flip+crop`). All
else is the same in both: AdamW, one cycle, so many epochs, no validation part, the last weights, the official test part
of 10,000. Nothing was chosen on the test part; the recipe was written down before the first run.

`speed`: milliseconds of a batch, from uint8 pixels in memory to a normalised float32 batch: mirrored, turned, scaled,
moved, in other colours (peers/augment.py says exactly how much). In every round each library changes batches of both
sizes in a fresh process of one thread, one after the other; the round after begins with the next library. It is the
processor's time that is measured, because the machine was busy; a figure is the median of the batches of a process.
"""

import argparse
import functools
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from hardware import hardware
from processes import PEERS, missing, say, start
from profundo import Recipe, build, build_task, load, training
from profundo.data.augment import build as build_augment
from profundo.data.dataset import Data
from record import DATA, NUMBERS, figure, ratio, record, show, store

CIFAR = DATA / "cifar10_jpg.parquet"
EACH = 500  # training pictures of each label
POLICIES = ("none", "flip+crop")
SIZES = {"32x128": "32 x 32, batch 128", "224x32": "224 x 224, batch 32"}
LIBRARIES = {"profundo": "profundo", "kornia": "kornia", "albumentations": "albumentations", "pillow": "PIL"}
OURS = "profundo"


def main() -> None:
    asked = arguments()
    if "learning" in asked.what:
        learning(asked)
    if "speed" in asked.what:
        speed(asked)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", nargs="+", choices=("learning", "speed"), default=["learning", "speed"])
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="those that are stored are not trained again"
    )
    parser.add_argument("--network", default="convnet", help="with --width where it has one")
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=2, help="trainings side by side, one thread each")
    parser.add_argument("--rounds", type=int, default=5, help="of the speed")
    parser.add_argument("--python-peers", default=sys.executable, help="the Python that has the other libraries")
    parser.add_argument("--out", type=Path, default=NUMBERS / "augmentation.json")
    return parser.parse_args()


# what it brings ------------------------------------------------------------------------------------------------------


def learning(asked: argparse.Namespace) -> None:
    """Train with every seed and policy that is not stored yet, some side by side, storing after each."""
    name = f"CIFAR-10, 5,000 pictures, {asked.network}"
    here, runs = hardware(), stored(asked.out, name, asked.epochs)
    done = {(r["seed"], r["policy"]) for r in runs}
    wanted = [(seed, policy) for seed in asked.seeds for policy in POLICIES if (seed, policy) not in done]
    with ProcessPoolExecutor(asked.jobs, multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(trained, *one, asked) for one in wanted]):
            runs.append(future.result())
            say(json.dumps(runs[-1]))
            runs.sort(key=lambda r: (r["seed"], r["policy"]))
            store(asked.out, __doc__, {name: summed(runs, here, asked)})
    show(summed(runs, here, asked)["figures"], say)


def summed(runs: list[dict[str, Any]], here: dict[str, Any], asked: argparse.Namespace) -> dict[str, Any]:
    """Return the record: the seeds that have both policies are compared."""
    found = {policy: {r["seed"]: r for r in runs if r["policy"] == policy} for policy in POLICIES}
    seeds = sorted(set.intersection(*(set(f) for f in found.values())))
    accuracy = {policy: [f[s]["accuracy"] for s in seeds] for policy, f in found.items()}
    figures = []
    if seeds:
        gains = [100 * (b - a) for a, b in zip(*accuracy.values(), strict=True)]
        figures.append(figure("gained by flip+crop, points of test accuracy", gains, at_least=5))
        figures += [figure(f"test accuracy, --augment {policy}", values) for policy, values in accuracy.items()]
    settings = {"network": asked.network, **options(asked), "train": 10 * EACH, "test": 10_000, **recipe(asked.epochs)}
    return record(figures, runs, here, settings=settings)


def stored(path: Path, name: str, epochs: int) -> list[dict[str, Any]]:
    """Return the repetitions of the same length that the file holds."""
    known = json.loads(path.read_text(encoding="utf-8"))["entries"] if path.is_file() else {}
    return [r for r in known.get(name, {}).get("repetitions", []) if r["epochs"] == epochs]


def thinned(data: Data, seed: int) -> Data:
    """Keep EACH training pictures of every label, drawn by the seed, and no validation part."""
    pool = torch.cat([data.splits["train"], data.splits["validation"]]).sort().values
    pool = pool[torch.randperm(len(pool), generator=torch.Generator().manual_seed(seed))]
    train = torch.cat([pool[data.y[pool] == label][:EACH] for label in range(10)])
    return replace(data, seed=seed, splits={"train": train, "validation": train[:0], "test": data.splits["test"]})


def recipe(epochs: int) -> dict[str, Any]:
    return {"epochs": epochs, "batch_size": 64, "optimizer": "adamw", "lr": 3e-3, "weight_decay": 0.05, "threads": 1}


@functools.cache
def cifar() -> Data:
    return load(CIFAR, augment="none")


def options(asked: argparse.Namespace) -> dict[str, int]:
    return {"width": asked.width} if asked.network == "convnet" else {}


def trained(seed: int, policy: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Train one network; its accuracy on the test part."""
    data = thinned(cifar(), seed)
    data = replace(data, augment=build_augment(policy, data.schema))
    network = build(asked.network, data.schema, seed=seed, **options(asked))
    task = build_task("classification", data.schema)
    began = time.perf_counter()
    last = [p for p in training(network, data, task, Recipe(**recipe(asked.epochs), seed=seed)) if p.whole][-1]
    seconds = time.perf_counter() - began
    with torch.no_grad():
        right = task.validate(network, data.batches("test", size=500))["accuracy"]
    told = {"accuracy": right, "seconds": seconds, "train_loss": last.train_loss}
    return {"seed": seed, "policy": policy, "epochs": asked.epochs} | told


# how fast ------------------------------------------------------------------------------------------------------------


def speed(asked: argparse.Namespace) -> None:
    """Let every library change batches of both sizes, round by round."""
    here, rounds, left_out = hardware(), [], dict[str, str]()
    for name, package in LIBRARIES.items():
        if lacks := missing(sys.executable if name == OURS else asked.python_peers, [package]):
            left_out[name] = f"not installed: {', '.join(lacks)}"
    names = [n for n in LIBRARIES if n not in left_out]
    for number in range(asked.rounds):
        turn = number % len(names)
        rounds.append({n: batches(n, asked) for n in [*names[turn:], *names[:turn]]})
        say(f"round {number + 1}: " + json.dumps({n: v["milliseconds"] for n, v in rounds[-1].items()}))
        made = compared(rounds, names, left_out, here)
        store(asked.out, __doc__, {"speed": made})
    show(made["figures"], say)


def compared(
    rounds: list[dict[str, Any]], names: list[str], left_out: dict[str, str], here: dict[str, Any]
) -> dict[str, Any]:
    """Return the record of the rounds so far."""
    figures, rows = [], []
    for short, size in SIZES.items():
        times: dict[str, list[float]] = defaultdict(list)
        for found in rounds:
            for name in names:
                times[name].append(found[name]["milliseconds"][short])
        figures += [
            ratio(f"{size}: {name} / {OURS}", [times[name]], times[OURS], at_least=2) for name in names if name != OURS
        ]
        rows += [{"size": size, "library": n, "ms a batch": round(sum(v) / len(v), 2)} for n, v in times.items()]
    notes = [f"left out: {name}: {why}" for name, why in left_out.items()]
    notes += [", ".join(f"{k} {v}" for n in names for k, v in rounds[0][n]["versions"].items())]
    return record(figures, rounds, here, settings={"rounds": len(rounds), "threads": 1}, table=rows, notes=notes)


def batches(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Let one library change batches of every size, in a fresh process."""
    python = sys.executable if name == OURS else asked.python_peers
    with tempfile.TemporaryDirectory() as folder:
        command = [python, PEERS / "augment.py", "--library", name, "--sizes", *SIZES]
        done = start(command, folder=Path(folder), env={"OMP_NUM_THREADS": "1"})
    if done.code:
        raise SystemExit(f"{name} failed: {done.failure}")
    return done.answers[-1]


if __name__ == "__main__":
    main()
