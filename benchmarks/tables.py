"""Every table of shared/data/tabular with only --target given: it must train, score and report without a traceback."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from accuracy import boosting
from hardware import hardware
from processes import PROFUNDO, say, start
from record import DATA, NUMBERS, figure, record, show, store

TARGETS = {
    "adult_income.csv.gz": "income",
    "ames_house_prices.csv": "SalePrice",
    "bank_marketing.csv": "y",
    "california_housing.csv": "median_house_value",
    "german_credit.csv": "credit_risk",
    "iris.csv": "species",
    "mammography_imbalanced.csv": "label",
    "oil_spill_imbalanced.csv": "spill",
    "pima_diabetes.csv": "diabetes",
    "titanic.csv": "survived",
    "wine_quality.csv": "quality",
}
HIDDEN = ("error", "report", "traceback", "sentence")  # in the repetitions, not in the table


def main() -> None:
    asked = arguments()
    here = hardware()
    rows = [one(name, TARGETS[name], asked) for name in asked.tables]
    passed = [float(row["exit code"] == 0 and row["report"] and not row["traceback"]) for row in rows]
    figures = [
        figure("tables that trained, scored and reported, share", passed, at_least=1.0),
        figure("a table from process start, baselines included", [row["seconds"] for row in rows], "s"),
    ]
    shown = [{k: v for k, v in row.items() if k not in HIDDEN} for row in rows]
    entry = record(figures, rows, here, settings={"tables": len(rows)}, table=shown, notes=[])
    store(asked.out, __doc__, {"with only --target": entry})
    show(figures, say)
    say(f"\nwritten: {asked.out}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", choices=tuple(TARGETS), default=list(TARGETS))
    parser.add_argument("--data", type=Path, default=DATA / "tabular", help="the folder of the tables")
    parser.add_argument("--out", type=Path, default=NUMBERS / "tables.json")
    return parser.parse_args()


def one(name: str, target: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Train on a table in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        table = asked.data.absolute() / name
        done = start([*PROFUNDO, "train", table, "--target", target, "--json", "--out", run], folder=Path(folder))
        report = (run / "report.html").is_file()
    row = {"table": name, "target": target, "exit code": done.code, "seconds": round(done.seconds, 1)}
    checked = {"report": report, "traceback": "Traceback" in done.out + done.error}
    if done.code:
        say(f"{name}: {done.failure}")
        return row | scored(None) | checked | {"error": done.failure}
    row |= scored(done.answers[0]) | checked | {"error": None}
    say(f"{name}: {row['score']} {row['profundo']}  gradient boosting {row['gradient boosting']}  {row['seconds']} s")
    return row


def scored(result: dict[str, Any] | None) -> dict[str, Any]:
    """Return the main score with its interval, gradient boosting's, and the verdict."""
    if result is None:
        return dict.fromkeys(
            ("score", "profundo", "95 %", "n", "gradient boosting", "best baseline", "network is", "sentence")
        )
    main = result["main"]
    score, other = result["scores"][main], boosting(result, main)
    return {
        "score": main,
        "profundo": round(score["value"], 4),
        "95 %": f"{score['low']:.4f} - {score['high']:.4f}",
        "n": score["n"],
        "gradient boosting": None if other is None else round(other, 4),
        "best baseline": result["comparison"]["baseline"],
        "network is": result["comparison"]["result"],
        "sentence": result["verdict"],
    }


if __name__ == "__main__":
    main()
