"""Texts from texts: Multi30k from English to German (test_2016_flickr), and made dates into ISO 8601.

`multi30k` is one call of `profundo.train` on the source's own split (29,000 pairs to learn from, 1,014 to choose the
weights on, 1,000 to score): GRU encoder from both ends, GRU decoder with attention, byte pairs, beam search. BLEU is
sacrebleu's, of whole texts with capitals and signs. Reading, training, the search for the test part, the baselines and
the report are in the time, which counts from the start of the process; the minutes that the processor worked for this
process stand beside those of the clock. `dates` are days in seven forms, each seed with days, split, weights and order
of its own, scored on the share of dates that are right to the letter. Settings were chosen on the validation parts.
"""

import time

BEGAN = time.monotonic()

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import tempfile  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

os.environ.setdefault("OMP_NUM_THREADS", "2")

import profundo  # noqa: E402
from hardware import hardware  # noqa: E402
from profundo.data import made_texts  # noqa: E402
from record import DATA, NUMBERS, figure, record, show, store  # noqa: E402

PARTS = ("multi30k", "dates")
SOURCE = DATA / "translation" / "multi30k_en_de.parquet"


def main() -> None:
    asked = arguments()
    with tempfile.TemporaryDirectory() as folder:
        for part in asked.parts:
            here = hardware()
            for made in globals()[part](asked, Path(folder)):  # after each repetition
                settings = made.pop("settings", {}) | {"threads": int(os.environ["OMP_NUM_THREADS"])}
                store(asked.out, __doc__, {part: record(**made, machine=here, settings=settings)})
            print(part)
            show(made["figures"])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    parser.add_argument("--seeds", type=int, default=3, help="of the dates")
    parser.add_argument("--epochs", type=int, help="in place of the usual number")
    parser.add_argument("--run", type=Path, help="where the run of multi30k is kept")
    parser.add_argument("--out", type=Path, default=NUMBERS / "translation.json")
    return parser.parse_args()


def trained(source: Any, out: Path, **wishes: Any) -> dict[str, Any]:
    """Train as `profundo train` does and return its account."""
    run = profundo.train(source, out=out, watch=say, **wishes)
    told = json.loads(run.path("scores.json").read_text(encoding="utf-8"))
    lines = [json.loads(line) for line in run.path("progress.jsonl").read_text(encoding="utf-8").splitlines()]
    kept = ("network", "parameters", "seed", "epochs", "lr", "training_seconds", "scores", "baselines", "verdict")
    last = [{k: line[k] for k in ("epoch", "seconds", "train_loss", "validation_loss", "validation")} for line in lines]
    return {k: told[k] for k in kept} | {"progress": last}


def say(event: str, value: Any) -> None:
    """Print the end of each epoch."""
    if event == "progress" and value.whole:
        loss = value.validation.get("loss", 0.0)
        print(f"epoch {value.epoch}: validation loss {loss:.3f}, {time.monotonic() - BEGAN:.0f} s", flush=True)


def scored(name: str, score: dict[str, Any], **wanted: float) -> dict[str, Any]:
    """Describe one score with its own interval over the test texts."""
    made = figure(name, [score["value"]], **wanted)
    return made | {k: score[k] for k in ("low", "high", "n")} | {"interval": "bootstrap over test texts"}


def multi30k(asked: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    """Translate Multi30k once, with the settings that are usual for so many pairs."""
    wishes = {"epochs": asked.epochs} if asked.epochs else {}
    told = trained(SOURCE, asked.run or folder / "multi30k", target="de", **wishes)
    minutes = (time.monotonic() - BEGAN) / 60
    scores, found = told["scores"], {b["name"]: b["scores"] for b in told["baselines"] if b["scores"]}
    yield {
        "figures": [
            scored("BLEU, test_2016_flickr", scores["bleu"], at_least=25),
            scored("chrF, test_2016_flickr", scores["chrf"]),
            scored("loss of a piece, test", scores["loss"]),
            *(scored(f"BLEU of the baseline {name}", own["bleu"]) for name, own in found.items()),
            figure("from the start of the process to the report", [minutes], "min", at_most=30),
            figure("processor minutes", [time.process_time() / 60], "min", at_most=60),
        ],
        "settings": {"epochs": told["epochs"], "lr": told["lr"], "parameters": told["parameters"]},
        "repetitions": [told],
    }


def dates(asked: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    """Bring dates into one form, each seed with days, split, weights and order of its own."""
    runs = []
    for seed in range(asked.seeds):
        began = time.monotonic()
        told = trained(made_texts.dates(seed), folder / f"dates-{seed}", seed=seed)
        runs.append(told | {"seconds": time.monotonic() - began})
        exact = [run["scores"]["exact match"] for run in runs]
        yield {
            "figures": [
                figure("exact match, test", [e["value"] for e in exact], at_least=1.0),
                figure("dates of a test part that are wrong", [round((1 - e["value"]) * e["n"]) for e in exact]),
                figure("seconds", [run["seconds"] for run in runs], "s"),
            ],
            "settings": {"test dates": exact[0]["n"], "epochs": runs[0]["epochs"]},
            "repetitions": runs,
        }


if __name__ == "__main__":
    main()
