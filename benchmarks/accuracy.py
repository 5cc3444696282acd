"""The accuracy, or R2, that `profundo train` reaches on known data, with the seconds from process start.

Each seed is a fresh process; it draws the split (where none is official), the first weights and the order. Entries of
docs/numbers/accuracy.json of other data are kept.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hardware import hardware
from processes import PROFUNDO, say, start
from record import DATA, NUMBERS, figure, record, show, store

BOOSTING = "gradient boosting"


@dataclass(frozen=True)
class Job:
    """What to train, the score that counts with the least it must be, and the seconds that are allowed.

    `{data}` in an argument is the folder of the data.
    """

    arguments: tuple[str, ...]
    score: str
    at_least: float
    seconds: float | None = None


JOBS = {
    "digits": Job(("digits",), "accuracy", 0.975, 20.0),
    "mnist-mlp": Job(("mnist", "--network", "mlp", "--hidden", "128", "--no-baselines"), "accuracy", 0.975),
    "mnist-lenet5": Job(("mnist", "--network", "lenet5", "--no-baselines"), "accuracy", 0.990),
    "mnist-default": Job(("mnist", "--no-baselines"), "accuracy", 0.994),
    "adult": Job(("{data}/tabular/adult_income.csv.gz", "--target", "income"), "accuracy", 0.850),
    "california": Job(("{data}/tabular/california_housing.csv", "--target", "median_house_value"), "r2", 0.80),
}


def main() -> None:
    asked = arguments()
    for name in asked.what:
        here = hardware()
        runs = [one(name, seed, asked) for seed in range(asked.seeds)]
        figures = measured(name, JOBS[name], runs)
        flags = " ".join(JOBS[name].arguments).replace("{data}/", "")
        settings = {"seeds": asked.seeds, "command": f"profundo train {flags} --seed N"}
        entry = record(figures, runs, here, settings=settings, table=[], notes=[])
        store(asked.out, __doc__, {name: entry})
        show(figures, say)
    say(f"\nwritten: {asked.out}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", nargs="+", choices=tuple(JOBS), default=list(JOBS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder shared/data")
    parser.add_argument("--out", type=Path, default=NUMBERS / "accuracy.json")
    return parser.parse_args()


def one(name: str, seed: int, asked: argparse.Namespace) -> dict[str, Any]:
    """Train once, in a fresh process."""
    job, data = JOBS[name], str(asked.data.absolute())
    given = [a.replace("{data}", data) for a in job.arguments]
    with tempfile.TemporaryDirectory() as folder:
        command = [*PROFUNDO, "train", *given, "--seed", seed, "--json", "--out", Path(folder) / "run"]
        done = start(command, folder=Path(folder), env={"PROFUNDO_DATA": data})
    if done.code:
        raise SystemExit(f"{name}: profundo train failed, {done.failure}")
    result = done.answers[0]
    found = {
        "seed": seed,
        "score": result["scores"][job.score],
        "boosting": boosting(result, job.score),
        "seconds": done.seconds,
        **{k: result[k] for k in ("network", "parameters", "epochs", "lr", "training_seconds", "verdict")},
    }
    beside = "" if found["boosting"] is None else f"  {BOOSTING} {found['boosting']:.4f}"
    say(f"{name}  seed {seed}  {job.score} {found['score']['value']:.4f}{beside}  {done.seconds:.1f} s")
    return found


def boosting(result: dict[str, Any], score: str) -> float | None:
    """Return the score of gradient boosting on the same split, None where it did not run."""
    found = next((b for b in result["baselines"] if b["name"] == BOOSTING), None)
    return None if found is None or found["scores"] is None else found["scores"][score]["value"]


def measured(name: str, job: Job, runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the score, the seconds, and gradient boosting's score where it ran with every seed."""
    score = figure(f"{name}: {job.score}", [r["score"]["value"] for r in runs], at_least=job.at_least)
    seconds = figure(f"{name}: from process start", [r["seconds"] for r in runs], "s", at_most=job.seconds)
    beside = [r["boosting"] for r in runs if r["boosting"] is not None]
    if len(beside) < len(runs):
        return [score, seconds]
    return [score, figure(f"{name}: {BOOSTING}'s {job.score}, same splits", beside), seconds]


if __name__ == "__main__":
    main()
