"""Genes as letters: splice junctions over five folds, promoters leaving each one out in turn, both strands or one.

`profundo train SET --target label --evaluate kfold:5` (or loo), one network a fold, for each seed. Splice junctions
hold near copies of each other, as published; promoters are 106 rows, so that the interval is wide however it is
measured.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from hardware import hardware
from processes import PROFUNDO, say, start
from record import DATA, NUMBERS, figure, record, show, store, wanted

SETS = {  # file, how it is evaluated, what is wanted, what else is typed
    "splice junctions": ("splice_junctions.csv", "kfold:5", 0.955, ()),
    "splice junctions, both strands": ("splice_junctions.csv", "kfold:5", None, ("--strands", "both")),
    "promoters": ("promoters.csv", "loo", 0.92, ()),
}


NOTES = {
    "promoters": [
        "The network (filters of 9 and 15 letters) was chosen among ten by ten-fold cross-validation of the same 106 "
        "rows, so that the figure is somewhat too good."
    ],
    "splice junctions": ["The network was chosen among six on the validation part of one split."],
}


def main() -> None:
    asked = arguments()
    here = hardware()
    for name in asked.sets:
        file, how, least, options = SETS[name]
        done = [train(DATA / "dna" / file, how, (*options, *asked.option), seed) for seed in range(asked.seeds)]
        figures = [
            accuracy(how, done, least),
            figure("a run from process start", [d["process seconds"] for d in done], "s"),
        ]
        show(figures, lambda line, name=name: say(f"{name}: {line}"))
        more = {"settings": {"seeds": asked.seeds, "options": asked.option}, "table": rows(done[0])}
        entry = record(figures, done, here, **more, notes=NOTES.get(name, []))
        store(asked.out, __doc__, {name: entry})
    say(f"\nwritten: {asked.out}")


def accuracy(how: str, done: list[dict[str, Any]], least: float | None) -> dict[str, Any]:
    """Return the accuracy over the rounds: over seeds where there are several, else with the command's own interval."""
    scores = [d["evaluation"]["scores"]["accuracy"] for d in done]
    name = f"accuracy, {how}"
    if len(scores) > 1:
        return figure(name, [s["value"] for s in scores], at_least=least)
    one = {"n": scores[0]["n"], "mean": scores[0]["value"], "low": scores[0]["low"], "high": scores[0]["high"]}
    found = {"name": name, "unit": "", **one, "interval": "95 %", "values": [scores[0]["value"]]}
    return found | wanted(scores[0]["value"], least, None)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", choices=tuple(SETS), default=list(SETS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--option", nargs="*", default=[], help="more to type, such as --option --dropout 0.5")
    parser.add_argument("--out", type=Path, default=NUMBERS / "genes.json")
    return parser.parse_args()


def train(path: Path, how: str, options: tuple[str, ...], seed: int) -> dict[str, Any]:
    """Train in a fresh process; return what the command prints, without what is not shown."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*PROFUNDO, "train", path, "--target", "label", "--evaluate", how, *options, "--seed", seed]
        done = start([*command, "--no-robustness", "--json", "--out", Path(folder) / "run"], folder=Path(folder))
    if done.code:
        raise SystemExit(f"{path.name}: {done.failure}")
    result = done.answers[-1]
    kept = ("scores", "baselines", "verdict", "evaluation", "network", "epochs", "seconds", "training_seconds")
    return {k: result[k] for k in kept if k in result} | {"process seconds": done.seconds}


def rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the network and the methods beside it on the test part that was held out."""
    beside = {b["name"]: b["scores"] for b in result["baselines"] if b["scores"]}
    measured = {result["network"]: result["scores"], **beside}
    return [{"method": name, "accuracy": round(s["accuracy"]["value"], 4)} for name, s in measured.items()]


if __name__ == "__main__":
    main()
