"""Milliseconds for a training step by threads and number format: the figures behind the rules of profundo.precision.

A step is forward, backward and Adam on random data, in a process of its own, the median of the steps after the first.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
import time

import torch

from hardware import hardware
from profundo import Recipe, build, build_task
from profundo.data.dataset import Data
from profundo.learner import Learner
from profundo.precision import apply, choose
from profundo.schema import Category, Image, Number, Schema
from record import NUMBERS, figure, record, show, store

LABELS = {"y": Category(tuple("0123456789"))}
CASES = {  # name -> network, options, inputs, batch
    "mlp of a table, 20-128-64-10, batch 64": ("mlp", {}, {f"x{i}": Number() for i in range(20)}, 64),
    "mlp 784-128-10, batch 128": ("mlp", {"hidden": [128]}, {f"x{i}": Number() for i in range(784)}, 128),
    "convnet 8 x 8, batch 32": ("convnet", {}, {"image": Image(1, 8, 8, (0.0,), (1.0,))}, 32),
    "convnet 28 x 28, batch 128": ("convnet", {}, {"image": Image(1, 28, 28, (0.0,), (1.0,))}, 128),
    "lenet5 28 x 28, batch 128": ("lenet5", {}, {"image": Image(1, 28, 28, (0.0,), (1.0,))}, 128),
}
FORMATS = ("float32", "bfloat16", "bfloat16-products")


def step_seconds(case: str, threads: int, number_format: str, steps: int) -> float:
    """Return the median seconds of a step."""
    network_name, options, inputs, size = CASES[case]
    schema = Schema(inputs, LABELS)
    x = torch.randn(size, *schema.shape)
    if schema.image is not None:
        x = (x * 50 + 128).clamp(0, 255).to(torch.uint8)
    rows = torch.arange(size)
    data = Data("random", schema, "classification", x, rows % 10, rows, {"train": rows})
    network = build(network_name, schema, **options)
    numbers = size * math.prod(schema.shape)
    machine = choose(network, numbers=numbers, device="cpu", threads=threads, precision=number_format)
    apply(machine, network)
    learner = Learner(network, build_task("classification", schema), Recipe(optimizer="adam"), machine)
    (batch,) = data.batches("train", size=size)
    taken = []
    for _ in range(steps):
        began = time.perf_counter()
        learner.learn(batch, 1e-3)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[steps // 5 :])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--one", nargs=3, metavar=("CASE", "THREADS", "FORMAT"), help="measure one, print JSON")
    parser.add_argument("--out", default=NUMBERS / "precision.json")
    asked = parser.parse_args()
    if asked.one:
        case, threads, number_format = asked.one
        print(json.dumps(step_seconds(case, int(threads), number_format, asked.steps)))
        return
    here, found = hardware(), {}
    for _ in range(asked.rounds):
        for case in CASES:
            for threads in (1, 2):
                for number_format in FORMATS:
                    command = [sys.executable, __file__, "--steps", str(asked.steps), "--one", case, str(threads)]
                    printed = subprocess.run([*command, number_format], check=True, capture_output=True, text=True)
                    name = f"{case}: {threads} threads, {number_format}"
                    found.setdefault(name, []).append(1000 * float(printed.stdout))
    figures = [figure(name, values, "ms") for name, values in found.items()]
    store(asked.out, __doc__, {"step": record(figures, [found], here)})
    show(figures)


if __name__ == "__main__":
    main()
