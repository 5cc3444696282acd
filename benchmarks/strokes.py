"""Drawing with a pen: how likely held-out drawings are beside Gaussians, and whether what is drawn can be read.

`omniglot` and `kanji` are 30,000 and 10,000 drawings with official parts, learnt without labels. The likelihood is that
of every move and of what the pen does after it; points on a grid are moved by uniform noise of one step of it, so that
no density can gain from the grid. `labelled` learns to draw 136 characters from 14 drawings of each, asks for five of
each, and lets a classifier read them that was trained on the same real drawings; it reads the real test part too. Its
split is stratified, not by drawer. Settings were chosen on the validation part; the temperature is the command's own,
others are shown beside it.
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "2")

import pandas as pd

import profundo
from hardware import hardware
from profundo.data import encode_new
from profundo.data.pens import COLUMN, Pens
from profundo.data.raw import Raw
from profundo.evaluate import Trained, open_trained, score
from profundo.outcomes import Learnt
from profundo.outcomes.drawing import TEMPERATURE, made
from record import DATA, NUMBERS, figure, record, show, store

PARTS = ("omniglot", "kanji", "labelled")
SOURCES = {name: DATA / f"strokes_{name}.npz" for name in ("omniglot", "kanji")}
LABELLED = DATA / "strokes_omniglot_labelled.npz"
READER: dict[str, Any] = {  # chosen on the validation part among five
    "network": "lstm",
    "bidirectional": True,
    "pool": "all",
    "dropout": 0.4,
    "augment": "rotate:15+stretch:0.3+slant:0.3+shake:0.2+skip:0.2",
    "epochs": 40,
}
TEMPERATURES = (0.3, TEMPERATURE, 1.0)
EACH = 5  # drawings of each label
WANTED = 1.0  # nats a move


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="in place of the command's own")
    parser.add_argument("--out", type=Path, default=NUMBERS / "strokes.json")
    asked = parser.parse_args()
    for part in asked.parts:
        here = hardware()
        with tempfile.TemporaryDirectory() as folder:
            measure = labelled if part == "labelled" else likelihood
            figures, runs, notes = measure(part, asked, Path(folder))
        settings = {"threads": int(os.environ["OMP_NUM_THREADS"]), "epochs": runs[0]["epochs"]}
        store(asked.out, __doc__, {part: record(figures, runs, here, settings=settings, notes=notes)})
        print(part)
        show(figures)


def drawn(source: Path, seed: int, asked: argparse.Namespace, out: Path) -> dict[str, Any]:
    """Learn to draw, with the Gaussians beside it."""
    more = {"epochs": asked.epochs} if asked.epochs else {}
    run = profundo.train(source, task="drawing", seed=seed, out=out, check=False, **more)
    scores = run.read("scores.json")
    beside = {b["name"]: b["scores"]["nats a move"]["value"] for b in scores["baselines"]}
    return {
        "seed": seed,
        "nats": scores["scores"]["nats a move"]["value"],
        "beside": beside,
        "seconds": scores["training_seconds"],
        "epochs": scores["epochs"],
    }


def likelihood(part: str, asked: argparse.Namespace, folder: Path) -> tuple[list[Any], list[Any], list[str]]:
    """Measure how likely held-out drawings are."""
    runs = [drawn(SOURCES[part], seed, asked, folder / str(seed)) for seed in range(asked.seeds)]
    return nats(runs), runs, []


def nats(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the figures of likelihood."""
    one, *others = runs[0]["beside"]
    return [
        figure("network, nats a move, lower is better", [r["nats"] for r in runs]),
        *(figure(f"{name}, nats a move", [runs[0]["beside"][name]]) for name in (one, *others)),
        figure("nats a move better than one Gaussian", [r["beside"][one] - r["nats"] for r in runs], at_least=WANTED),
        figure(
            "nats a move better than the best of the Gaussians",
            [min(r["beside"].values()) - r["nats"] for r in runs],
            at_least=WANTED,
        ),
        figure("seconds of training", [r["seconds"] for r in runs], "s"),
    ]


def labelled(part: str, asked: argparse.Namespace, folder: Path) -> tuple[list[Any], list[Any], list[str]]:
    """Measure the likelihood given the label, and how many of the drawings asked for can be read."""
    runs: list[dict[str, Any]] = []
    for seed in range(asked.seeds):
        found = drawn(LABELLED, seed, asked, folder / f"pen-{seed}")
        reader = profundo.train(
            LABELLED, "label", seed=seed, out=folder / f"reader-{seed}", check=False, baselines=seed == 0, **READER
        )
        scores = reader.read("scores.json")
        beside = {b["name"]: b["scores"]["accuracy"]["value"] for b in scores["baselines"] if b["scores"]}
        pen, trained = open_trained(folder / f"pen-{seed}"), open_trained(reader)
        runs.append(
            found
            | {"real": scores["scores"]["accuracy"]["value"], "classical": beside}
            | {f"read at {t:g}": readable(pen, trained, t, seed) for t in TEMPERATURES}
        )
    figures = nats(runs)
    labels = len(trained.schema.labels)
    figures += [
        figure(f"read of the drawings made, temperature {t:g}", [r[f"read at {t:g}"] for r in runs])
        for t in TEMPERATURES
    ]
    figures.append(figure("read of the real test drawings", [r["real"] for r in runs]))
    text = ", ".join(f"{name} {value:.3f}" for name, value in runs[0]["classical"].items())
    notes = [
        f"Chance is 1 in {labels}, {1 / labels:.4f}; {EACH * labels} drawings were made at each temperature and seed.",
        f"Read of the real test drawings by scikit-learn, drawn on 28 x 28 pixels: {text}.",
    ]
    return figures, runs, notes


def readable(pen: Trained, reader: Trained, temperature: float, seed: int) -> float:
    """Return the share of the drawings asked for whose label is read."""
    labels = [label for label in pen.schema.inputs["label"].labels for _ in range(EACH)]  # type: ignore[union-attr]
    moves = made(Learnt(pen.network, pen.task, pen.schema, pen.plan), labels, temperature=temperature, seed=seed)
    frame = pd.DataFrame({"label": labels})
    raw = Raw("made", frame, media=Pens(moves, "made"), media_column=COLUMN, target=("label",), task="classification")
    data = encode_new(reader.schema, "classification", raw, targets=True)
    return score(reader.answer(data), "classification", resamples=0)["accuracy"].value


if __name__ == "__main__":
    main()
