"""The robustness card on MNIST: LeNet-5 and the default network, trained on 10,000 pictures.

Each is trained as `profundo train` would; the card asks about 500 test pictures at five severities of six changes, and
in fifths from typical to odd. `planted` counts on how many planted networks (template matching on blobs in a ring) the
accuracy never rises with the severity.
"""

import argparse
import itertools
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from bias import share, trained_on
from hardware import hardware
from profundo.cards.robustness import robustness_card, robustness_lines
from profundo.tasks import build_task
from record import DATA, NUMBERS, figure, record, show, store

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
FIRST = 1_000  # the seed of the first planted network: none of those that the tests saw


def main() -> None:
    asked = arguments()
    for network in asked.networks:
        here = hardware()
        runs = [planted(seed) for seed in range(FIRST, FIRST + 10)] if network == "planted" else []
        for seed in range(asked.seeds) if not runs else ():
            runs.append(one(network, seed, asked.rows, asked.epochs))
        figures = falls(runs) if network == "planted" else measured(runs)
        table = [] if network == "planted" else curves(runs[0])
        settings = {"rows": asked.rows, "epochs": asked.epochs, "seeds": asked.seeds, "pictures": 500, "threads": 1}
        made = record(figures, runs, here, settings=settings, table=table, notes=runs[0].get("lines", []))
        store(asked.out, __doc__, {network or "default": made})
        print(network or "default")
        show(figures)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=["planted", "lenet5", ""], help='"" is the default network')
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=13_000, help="rows of MNIST: 10,048 to learn from")
    parser.add_argument("--epochs", type=int, default=None, help="as `profundo train` chooses, where not given")
    parser.add_argument("--out", type=Path, default=NUMBERS / "robustness.json")
    return parser.parse_args()


def one(network: str, seed: int, rows: int, epochs: int | None) -> dict[str, Any]:
    """Train one network and return its curves."""
    trained, data = trained_on(DATA / "mnist.npz", seed, network=network or None, rows=rows, epochs=epochs)
    began = time.perf_counter()
    card = robustness_card(trained.network, trained.task, data, decision=trained.decision, seed=seed)
    return {
        "seed": seed,
        "train": data.count("train"),
        "seconds": time.perf_counter() - began,
        "clean": card["clean"],
        "weakest": card["weakest"],
        "lines": robustness_lines(card),
        "probes": {
            p["name"]: {"half": p["half"], "accuracy": [level["accuracy"] for level in p["levels"]]}
            for p in card["probes"]
        },
    }


def measured(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the clean accuracy, that of the highest severity of each probe, and the seconds of a card."""
    figures = [figure("accuracy, clean", [r["clean"]["value"] for r in runs])]
    for name in runs[0]["probes"]:
        ends = [r["probes"][name]["accuracy"][-1]["value"] for r in runs]
        figures.append(figure(f"accuracy, {name}, {'oddest fifth' if 'class' in name else 'severity 5'}", ends))
    return [*figures, figure("one card", [r["seconds"] for r in runs], "s")]


def curves(run: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the curves of one run as rows."""
    return [
        {"probe": name, "severity": place + ("class" in name), **score}
        for name, probe in run["probes"].items()
        for place, score in enumerate(probe["accuracy"])
    ]


def planted(seed: int) -> dict[str, Any]:
    """Return for each change whether the accuracy of a planted network never rises."""
    from test_robustness import Nearest, shapes

    data, templates = shapes(seed, n=1600)
    card = robustness_card(Nearest(templates), build_task("classification", data.schema), data, seed=seed)
    curves = {p["name"]: [level["accuracy"]["value"] for level in p["levels"]] for p in card["probes"][:6]}
    rises = {name: max(b - a for a, b in itertools.pairwise(v)) for name, v in curves.items()}
    return {"seed": seed, "curves": curves, "largest_rise": rises}


def falls(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return how many curves never rise, and by how much those do that rise."""
    rises = [rise for run in runs for rise in run["largest_rise"].values()]
    ends = [v[-1] < v[0] for run in runs for v in run["curves"].values()]
    return [
        share("curves that never rise", [rise <= 0 for rise in rises]),
        share("curves that end below where they begin", ends, at_least=1.0),
        figure("largest rise from one severity to the next", [max(rises)], "of 1"),
    ]


if __name__ == "__main__":
    main()
