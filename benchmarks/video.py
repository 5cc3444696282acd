"""Which way a shape moves, from clips of 8 frames: networks that see motion, one that sees a frame, and events.

The clips are made (`profundo train moving_shapes`: 2,000, of which 300 are the test part); from one frame nothing can
be told. Each figure is over several seeds of the network on the same clips. `events` writes a long video of known
directions, each for two seconds, and measures how far the found boundaries are from the true ones. Epochs were chosen
on the validation part.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np

import profundo
from hardware import hardware
from profundo.data.moving import DIRECTIONS, SIDE, placed
from profundo.evaluate import open_trained
from profundo.events import events
from record import NUMBERS, figure, record, show, store

NETWORKS: dict[str, dict[str, Any]] = {
    "video_lstm": {"epochs": 6},
    "conv3d": {"epochs": 3},
    "gru": {"epochs": 6},
    "single_frame": {"epochs": 6},
}
WANTED = 0.97
CHANCE = 1 / len(DIRECTIONS)
SECONDS, RATE, TIMES = 2, 25, 12  # of each direction, frames a second, directions in the long video


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=NUMBERS / "video.json")
    asked = parser.parse_args()
    here = hardware()
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            one(Path(folder), network, seed, how) for network, how in NETWORKS.items() for seed in range(asked.seeds)
        ]
        classical = {name: score for run in runs for name, score in run["baselines"].items()}
        found = [boundaries(Path(folder) / f"video_lstm-{seed}", seed) for seed in range(asked.seeds)]
    figures = [
        figure(
            f"accuracy of {network}",
            [run["accuracy"] for run in runs if run["network"] == network],
            **({} if network == "single_frame" else {"at_least": WANTED}),
        )
        for network in NETWORKS
    ]
    best = max(classical, key=lambda name: classical[name])
    figures.append(figure(f"accuracy of the best of scikit-learn on the middle frame ({best})", [classical[best]]))
    figures += [
        figure(f"seconds of training {network}", [r["seconds"] for r in runs if r["network"] == network], "s")
        for network in NETWORKS
    ]
    figures.append(figure("events found, of those there are", [f["share"] for f in found]))
    figures.append(figure("distance of a boundary of events from the true one", [f["seconds"] for f in found], "s"))
    settings = {"threads": int(os.environ["OMP_NUM_THREADS"]), "networks": NETWORKS, "chance": CHANCE}
    notes = [f"Chance is {CHANCE:.2f}; each accuracy is of 300 test clips.", "On one seed: " + told(classical)]
    store(asked.out, __doc__, {"moving shapes": record(figures, runs, here, settings=settings, notes=notes)})
    show(figures)


def told(classical: dict[str, float]) -> str:
    """Write what the methods of scikit-learn reach on the middle frame."""
    return ", ".join(f"{name} {score:.3f}" for name, score in classical.items()) + "."


def one(folder: Path, network: str, seed: int, how: dict[str, Any]) -> dict[str, Any]:
    """Train a network, with the baselines beside the first."""
    began = time.monotonic()
    beside = network == "video_lstm" and seed == 0
    out = folder / f"{network}-{seed}"
    run = profundo.train(
        "moving_shapes", network=network, seed=seed, out=out, baselines=beside, budget=60, check=False, **how
    )
    scores = run.read("scores.json")
    done = {b["name"]: b["scores"]["accuracy"]["value"] for b in scores["baselines"] if b["scores"]}
    return {
        "network": network,
        "seed": seed,
        "accuracy": scores["scores"]["accuracy"]["value"],
        "seconds": scores["training_seconds"],
        "whole": time.monotonic() - began,
        "baselines": done,
    }


def boundaries(run: Path, seed: int) -> dict[str, float]:
    """Find the events of a long video, and hold their boundaries against the true ones."""
    import av

    rng = np.random.default_rng([seed, 0xE0])
    names = [str(n) for n in rng.permutation(list(DIRECTIONS) * (TIMES // len(DIRECTIONS)))]
    names = [n for n, before in zip(names, ["", *names], strict=False) if n != before]
    shape = placed(rng)
    path = run.parent / f"long-{seed}.mp4"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=RATE)
        stream.width = stream.height = 2 * SIDE
        stream.pix_fmt = "yuv420p"
        for name in names:
            for _ in range(SECONDS * RATE):
                shape = np.roll(shape, [2 * step for step in DIRECTIONS[name]], (0, 1))
                pixels = np.clip(shape + rng.normal(0, 12, shape.shape), 0, 255).astype(np.uint8)
                large = pixels.repeat(2, 0).repeat(2, 1)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(np.stack([large] * 3, -1), format="rgb24")))
        container.mux(stream.encode())
    table = events(open_trained(run), path)
    true = [(i * SECONDS, n) for i, n in enumerate(names)]
    hits = [min([abs(s - t) for s, n in zip(table.start, table.label, strict=True) if n == w]) for t, w in true]
    near = [h for h in hits if h < SECONDS / 2]
    return {"share": len(near) / len(true), "seconds": float(np.mean(near))}


if __name__ == "__main__":
    main()
