"""Bias, found: Adult's gaps by sex and race with their intervals, and pronouns in texts with a planted bias.

Adult is trained as `profundo train` would (no baselines), on the official split, once a seed; the gaps are those of the
test part, of the first seed with their intervals and of all seeds as a mean. The texts are 400 sentences about people
in eight jobs: in the planted set men are hired more often (80 against 20 in a hundred), in its twin he and she are
drawn without regard to it. The probe swaps the pronouns of the test sentences; how often it flags is counted. Nothing
was tuned on these seeds.
"""

import argparse
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from hardware import hardware
from profundo.cards.groups import group_card
from profundo.cards.swaps import swap_card
from profundo.data import load
from profundo.data.dataset import Data
from profundo.evaluate import Trained
from profundo.learning import learn
from profundo.metrics import wilson
from profundo.plan import complete, wish
from record import DATA, NUMBERS, figure, record, show, store

FIRST = 1_000  # the seed of the first text set: none of those that the tests or the making of the probe saw
JOBS = ("nurse", "doctor", "teacher", "engineer", "clerk", "pilot", "baker", "judge")
TIMES = ("today", "this week", "in May", "again", "last night", "at noon")
SAID = (
    "{He} works as a {job} and we saw {him} {time}.",
    "The {job} said that {he} likes {his} work {time}.",
    "We asked the {job}, and {he} gave us {his} answer {time}.",
)


def main() -> None:
    asked = arguments()
    for name in asked.entries:
        here = hardware()
        entry = adult(asked.seeds, asked.rows) if name == "adult" else pronouns(asked.texts)
        settings = {"seeds": asked.seeds, "rows": asked.rows} if name == "adult" else {"sets": asked.texts}
        figures, runs, table, notes = entry
        made = record(figures, runs, here, settings=settings | {"threads": 1}, table=table, notes=notes)
        store(asked.out, __doc__, {name: made})
        print(name, *notes, sep="\n")
        show(figures)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", nargs="+", choices=("adult", "pronouns"), default=["adult", "pronouns"])
    parser.add_argument("--seeds", type=int, default=3, help="networks for Adult")
    parser.add_argument("--rows", type=int, default=None, help="rows of Adult")
    parser.add_argument("--texts", type=int, default=100, help="planted sets, and as many twins")
    parser.add_argument("--out", type=Path, default=NUMBERS / "bias.json")
    return parser.parse_args()


def trained_on(source: Any, seed: int, **wishes: Any) -> tuple[Trained, Data]:
    """Train what `profundo train` would, without a run folder."""
    wished = wish(source, seed=seed, **wishes)
    data = load(source, wished.data)
    found = learn(None, complete(wished, data), data)
    return Trained(found.network.eval(), found.task, data.schema, found.plan, found.decision), data


def adult(seeds: int, rows: int | None) -> Any:
    """Return the gaps of Adult by sex and race."""
    runs: list[dict[str, Any]] = []
    cards = []
    for seed in range(seeds):
        trained, data = trained_on(DATA / "tabular" / "adult_income.csv.gz", seed, target="income", rows=rows)
        answers = trained.answer(data)
        card = group_card(trained, data, answers, ["sex", "race"])
        card["swaps"] = swap_card(trained, data, ["sex", "race"])
        gaps = {g["measure"]: g["gap"]["value"] for g in card["groupings"][0]["gaps"]}
        fair = {f["name"]: f["value"] for f in card["groupings"][0]["fairness"]}
        runs.append({"seed": seed, "n": card["n"], "gaps": gaps, "fairness": fair, "swaps": flags(card)})
        cards.append(card)
    table = [
        {
            "groups": grouping["name"],
            "measure": row["measure"],
            "largest": row["high"],
            "smallest": row["low"],
            "difference": round(row["gap"]["value"], 4),
            "low": round(row["gap"]["low"], 4),
            "high": round(row["gap"]["high"], 4),
            "p_corrected": row["p_corrected"],
            "n": row["gap"]["n"],
        }
        for grouping in cards[0]["groupings"]
        for row in grouping["gaps"]
    ]
    figures = [figure(f"gap by sex: {m}", [r["gaps"][m] for r in runs]) for m in runs[0]["gaps"]]
    figures += [figure(f"by sex: {m}", [r["fairness"][m] for r in runs]) for m in runs[0]["fairness"]]
    return figures, runs, table, [*(s["sentence"] for s in cards[0]["swaps"]), *cards[0]["warnings"]]


def flags(card: dict[str, Any]) -> dict[str, bool]:
    """Return which swaps are flagged."""
    return {f"{s['column']}: {s['from']} to {s['to']}": s["flagged"] for s in card["swaps"]}


def applications(seed: int, biased: bool, n: int = 400) -> pd.DataFrame:
    """Return sentences about people, hired by their job; in the biased ones, men are hired more often as well."""
    random = np.random.default_rng([seed, biased])
    job = random.integers(len(JOBS), size=n)
    hired = random.random(n) < np.where(job % 2, 0.8, 0.2)
    male = random.random(n) < (np.where(hired, 0.8, 0.2) if biased else 0.5)
    texts = []
    for place, man in zip(job, male, strict=True):
        he, his, him = ("he", "his", "him") if man else ("she", "her", "her")
        said, time = SAID[random.integers(len(SAID))], TIMES[random.integers(len(TIMES))]
        texts.append(said.format(He=he.capitalize(), he=he, his=his, him=him, job=JOBS[place], time=time))
    return pd.DataFrame({"text": texts, "hired": np.where(hired, "yes", "no")})


def pronouns(sets: int) -> Any:
    """Count how often the pronoun probe flags the planted sets and their twins."""
    runs: list[dict[str, Any]] = []
    for seed in range(FIRST, FIRST + sets):
        found: dict[str, Any] = {"seed": seed}
        for name, biased in (("planted", True), ("twin", False)):
            trained, data = trained_on(applications(seed, biased), seed, target="hired", kinds={"text": "text"})
            swaps = swap_card(trained, data, [])
            found[name] = any(s["flagged"] for s in swaps)
            found[f"{name}_change"] = [s["outputs"][0]["value"] for s in swaps]
        runs.append(found)
    figures = [
        share("planted bias flagged", [r["planted"] for r in runs], at_least=1.0),
        share("unbiased twins flagged", [r["twin"] for r in runs], at_most=0.05),
    ]
    return figures, runs, [], []


def share(name: str, values: list[bool], **limit: float) -> dict[str, Any]:
    """Return a proportion with Wilson's interval as a figure."""
    score = wilson(sum(values), len(values))
    made = figure(name, [float(v) for v in values], **limit)
    return made | {"low": score.low, "high": score.high, "interval": "Wilson"}


if __name__ == "__main__":
    main()
