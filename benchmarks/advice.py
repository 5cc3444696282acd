"""Does the adviser's advice, from one default run at seed 0, agree with what ten further splits measure?

Settled before any figure was looked at. Six small tables. Measured: ten held-out splits (seeds 100 to 109), each with
its own network at the default recipe, and the baseline that does best on the validation part of that split; their
difference in the main score on the test part, with the corrected resampled t-test. The measured winner is "network" or
"simpler model" where p < 0.05, else "neither". Advice for the network agrees with "network", advice for a simpler model
with "simpler model" and "neither" (it costs less), and "either" with "neither". Tables so small give every reason
against a network, so an adviser that always says no could pass: a control, 2,000 pictures of MNIST with a convolutional
network, is there to be given a yes. The last entry is 200 pictures of MNIST with an MLP.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from hardware import hardware
from processes import say
from profundo.advice import after
from profundo.metrics.hypothesis import resampled_t
from profundo.run import Run
from profundo.train import train
from record import NUMBERS, figure, record, show, store
from small_tables import SIX, Answered, Table, answered, kept

SEEDS = tuple(range(100, 110))
CONTROLS = {"mnist, 2,000 pictures": Table("mnist", None, {"rows": 2000, "split": "70/15/15"})}
FEW = Table("mnist", None, {"rows": 200, "split": "70/15/15", "network": "mlp"})
TREES = ("random forest", "gradient boosting")


def main() -> None:
    asked = arguments()
    here = hardware()
    entries = {}
    rows = [one(name, table, asked.seeds, asked.answers) for name, table in SIX.items()]
    agree = float(sum(row["agrees"] for row in rows))
    trees = float(sum(max(row[t] for t in TREES) >= row["network"] for row in rows))
    figures = [
        figure("small tables whose advice agrees with the measured winner, of six", [agree], at_least=5),
        figure("small tables where a forest or boosting is at least as good, of six", [trees], at_least=3),
    ]
    entries["six small tables"] = entry(figures, rows, here)
    controls = [one(name, table, asked.seeds[: asked.controls], asked.answers) for name, table in CONTROLS.items()]
    figures = [figure("controls where the network wins and is advised", [float(c["agrees"]) for c in controls])]
    entries["controls where a network should win"] = entry(figures, controls, here)
    few = one("mnist, 200 pictures", FEW, asked.seeds, asked.answers)
    figures = [
        figure("SVM minus MLP, mean test accuracy", [few["SVM"] - few["network"]], at_least=0.0),
        figure("a simpler model is advised", [float(few["advice"] == "simpler model")], at_least=1),
    ]
    entries["200 pictures of MNIST, an MLP"] = entry(figures, [few], here)
    for found in entries.values():
        show(found["figures"], say)
    store(asked.out, __doc__, entries)
    say(f"\nwritten: {asked.out}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--controls", type=int, default=5, help="how many of the seeds for a control")
    parser.add_argument("--answers", type=Path, help="a folder that keeps the answers")
    parser.add_argument("--out", type=Path, default=NUMBERS / "advice.json")
    return parser.parse_args()


def entry(figures: list[dict[str, Any]], rows: list[dict[str, Any]], here: dict[str, Any]) -> dict[str, Any]:
    hidden = ("reasons", "differences", "sentence")
    shown = [{k: v for k, v in row.items() if k not in hidden} for row in rows]
    notes = [f"{row['table']}: {row['sentence']} {' '.join(row['reasons'])}" for row in rows]
    return record(figures, rows, here, settings={"splits": len(rows[0]["differences"])}, table=shown, notes=notes)


def one(name: str, table: Table, seeds: list[int], folder: Path | None) -> dict[str, Any]:
    """Measure a table over the splits of the seeds, and take the advice of one run at seed 0."""
    splits = [answered(table, seed, kept(folder, name, seed)) for seed in seeds]
    measured = winner(splits)
    advice = advised(table)
    agrees = {
        "network": measured["winner"] == "network",
        "simpler model": measured["winner"] in ("simpler model", "neither"),
        "either": measured["winner"] == "neither",
    }[advice["recommend"]]
    row = {"table": name, "rows": splits[0].n_train} | measured
    row |= {"advice": advice["recommend"], "model": advice["model"], "agrees": agrees}
    say(f"{name}: measured {measured['winner']} ({measured['difference']:+.4f}), advised {advice['recommend']}")
    return row | {"sentence": advice["sentence"], "reasons": advice["reasons"]}


def winner(splits: list[Answered]) -> dict[str, Any]:
    """Compare the network with the baseline that each split's validation part chooses."""
    names = [[m.name for m in s.members if m.name != "network"] for s in splits]
    chosen = [s.best(own) for s, own in zip(splits, names, strict=True)]
    differences = [s.measured("network") - s.measured(b) for s, b in zip(splits, chosen, strict=True)]
    test = resampled_t(differences, float(np.mean([len(s.y_test) / s.n_train for s in splits])))
    who = "neither" if not test.p < 0.05 else "network" if test.effect > 0 else "simpler model"
    means = {n: mean(splits, n) for n in ("network", *TREES, "SVM")}
    means["chosen baseline"] = float(np.mean([s.measured(b) for s, b in zip(splits, chosen, strict=True)]))
    means |= {"difference": round(test.effect, 4), "95 %": f"{test.low:+.4f} to {test.high:+.4f}"}
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in means.items()} | {
        "p": round(test.p, 4),
        "winner": who,
        "differences": differences,
    }


def mean(splits: list[Answered], name: str) -> float:
    return float(np.mean([s.measured(name) for s in splits]))


def advised(table: Table) -> dict[str, Any]:
    """Take the advice of a default run at seed 0."""
    with tempfile.TemporaryDirectory() as folder:
        run: Run = train(table.source, table.target, out=Path(folder) / "run", seed=0, **table.wishes)
        return after(run.read("scores.json"), run.read("folds.json") if run.has("folds.json") else None)


if __name__ == "__main__":
    main()
