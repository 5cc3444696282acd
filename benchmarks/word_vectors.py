"""Word vectors: analogies that were planted, and a real text.

`planted`: 12,000 made sentences about twenty lands with four names each (`profundo train analogies`); 4,560 questions,
a is to b as c is to d, none of them shown in training. A question is right where the nearest word to b - a + c, of all
244 words but the three given, is d. `shakespeare`: tinyshakespeare, the last tenth held out; how often a true neighbour
scores above a word drawn from the text by chance, beside vectors from counts (positive pointwise mutual information
and its singular vectors) on the same words. All settings are those that `profundo train` chooses by itself.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import profundo
from hardware import hardware
from profundo.data.made_words import questions
from record import DATA, NUMBERS, figure, record, show, store

NETWORKS = ("skip_gram", "cbow")


def main() -> None:
    asked = arguments()
    for entry in asked.entries:
        here = hardware()
        runs = {name: [one(entry, name, seed) for seed in range(asked.seeds)] for name in NETWORKS}
        figures = [f for name in NETWORKS for f in measured(entry, name, runs[name])]
        counts = [run["baselines"][-1]["scores"] for run in runs["skip_gram"]]
        figures.append(figure("counts and SVD: told apart", [c["told_apart"]["value"] for c in counts]))
        if entry == "planted":
            figures.append(figure("counts and SVD: analogies", [c["analogies"]["value"] for c in counts]))
        table = [
            {"word": near["word"], "nearest": ", ".join(w for w, _ in near["near"])}
            for near in runs["skip_gram"][0]["near"]
        ]
        made = record(figures, list(runs.values()), here, settings={"threads": 1, "seeds": asked.seeds}, table=table)
        store(asked.out, __doc__, {entry: made})
        print(entry)
        show(figures)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", nargs="+", choices=("planted", "shakespeare"), default=["planted", "shakespeare"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=NUMBERS / "word_vectors.json")
    return parser.parse_args()


def one(entry: str, network: str, seed: int) -> dict[str, Any]:
    """Train once and return what was stored."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "questions.txt"
        asked.write_text("\n".join(" ".join(words) for words in questions()))
        more: dict[str, Any] = {"analogies": str(asked)} if entry == "planted" else {"split": "85/5/10"}
        source = "analogies" if entry == "planted" else DATA / "text" / "tinyshakespeare.txt"
        began = time.monotonic()
        run = profundo.train(
            source, task="word_vectors", network=network, seed=seed, threads=1, out=Path(folder) / "run", **more
        )
        seconds = time.monotonic() - began
        result = json.loads(run.path("scores.json").read_text())
        near = json.loads(run.path("word_vectors.json").read_text())["near"][:8]
    kept = {k: result[k] for k in ("scores", "baselines", "verdict", "parameters", "epochs")}
    return {"seed": seed, "network": network, "seconds": seconds, "near": near, **kept}


def measured(entry: str, name: str, runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the figures of a network."""
    told = figure(f"{name}: told apart", [r["scores"]["told_apart"]["value"] for r in runs])
    took = figure(f"{name}: seconds", [r["seconds"] for r in runs], "seconds")
    if entry != "planted":
        return [told, took]
    right = [r["scores"]["analogies"]["value"] for r in runs]
    return [figure(f"{name}: planted analogies answered right", right, at_least=0.9), told, took]


if __name__ == "__main__":
    main()
