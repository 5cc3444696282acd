"""Where the weights began: what became of the borrowed ones, and the race of the ways to use them."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, FiniteFloat

from ..charts import Axis, Dot, dot_and_whisker, fixed, number
from .html import Html, code, figure, fold, joined, paragraph, section, table, tag
from .scores import interval, spoken
from .stored import Count, Score, Stored, parse

MEANS = {
    "extract": "The network's body stayed as it was, and only what answers on its features was learnt.",
    "finetune": "First what answers was learnt on the features of the body, then everything, at a tenth of the usual "
    "learning rate.",
    "init": "The weights were the first ones, and everything was trained as from scratch.",
    "scratch": "No learnt weights were used.",
}
KEPT = 400  # names shown


class Way(BaseModel):
    """One way to transfer, as it was tried; `score` is None where it could not be trained."""

    entrant: str
    score: Score | None
    seconds: FiniteFloat
    network: str = ""
    parameters: Count | None = None
    trained: Count = 0
    note: str = ""


class Transfer(BaseModel):
    """transfer.json. The names are of tensors; those of the weights that had no place are `unused`."""

    transfer: str = "scratch"
    weights: str = ""
    head: str = "linear"
    loaded: list[str] = []
    adapted: list[str] = []
    anew: list[str] = []
    unused: list[str] = []
    race: list[Way] = []
    winner: str = ""
    main: str = ""
    folds: Count = 1
    n_train: Count = 0
    n_judged: Count = 0
    of: Count = 0


def transfer_section(run: Stored) -> Html:
    """Show which weights were taken and how, and the race; empty where the run borrowed none."""
    path = run.path / "transfer.json"
    if not path.exists():
        return Html("")
    found: Transfer = parse(path, Transfer)
    head = f" The head is {found.head}." if found.head != "linear" else ""
    return section("transfer", "Transfer", paragraph(MEANS.get(found.transfer, ""), head), race(found), layers(found))


def race(found: Transfer) -> Html:
    """Show what each way reached, the best first."""
    if not found.race or not found.main:
        return Html("")
    name = spoken(found.main)
    done = sorted((w for w in found.race if w.score is not None), key=lambda w: -worth(w))
    failed = [w for w in found.race if w.score is None]
    rows = [row(w, found.winner) for w in [*done, *failed]]
    columns = ["way", "network", f"{name}, validation", "95 % interval", "seconds", "trained parameters"]
    dots = [
        Dot(w.entrant, worth(w), w.score.low, w.score.high, main=w.entrant == found.winner) for w in done if w.score
    ]
    said = "; ".join(f"{d.label} {number(d.value)}" for d in dots)
    chart = dot_and_whisker(dots, f"{name} of each way", Axis(f"{name} with its interval"), said)
    how = f"{found.folds} folds of what is not the test part" if found.folds > 1 else "the validation part"
    about = (
        f"Each way was tried on {found.n_train:,} of {found.of:,} training pictures and judged on {found.n_judged:,} "
        f"of {how}; the test part was not looked at. Taken: {found.winner}. Its score above is that of a choice among "
        f"{len(done)}, and so a little too good."
    )
    return joined([paragraph(about), figure(chart, "", wide=True), table(columns, rows)])


def worth(way: Way) -> float:
    """Return the score of a way that was trained."""
    return way.score.value or 0.0 if way.score else 0.0


def row(way: Way, winner: str) -> list[Html | str | float | int]:
    """Write a way as a row."""
    name = tag("b", way.entrant) if way.entrant == winner else way.entrant
    if way.score is None:
        return [name, way.network, "-", way.note, fixed(way.seconds), "-"]
    return [name, way.network, fixed(way.score.value), interval(way.score), f"{way.seconds:.1f}", way.trained]


def layers(found: Transfer) -> Html:
    """Say what became of the tensors, with their names folded away."""
    if not found.loaded and not found.adapted:
        return Html("")
    groups = {
        "loaded as they are": found.loaded,
        "fitted to the channels of the pictures": found.adapted,
        "begun anew": found.anew,
        "of the weights, not used": found.unused,
    }
    rows = [[what, len(names)] for what, names in groups.items() if names]
    names = "\n".join(f"{what}:\n  " + "\n  ".join(list(n)[:KEPT]) for what, n in groups.items() if n)
    return joined(
        [
            paragraph("The weights are those of ", tag("code", found.weights), "."),
            table(["tensors", "number"], rows),
            fold("Their names", code(names)),
        ]
    )


def race_lines(found: Mapping[str, Any]) -> list[list[str]]:
    """Write the race as the rows of a table for a terminal."""
    own = Transfer.model_validate(found)
    rows = [["transfer", f"{spoken(own.main)}, validation", "95 % interval", "seconds", "trained parameters"]]
    for way in sorted(own.race, key=lambda w: -worth(w)):
        if way.score is None:
            rows.append([way.entrant, "-", way.note, f"{way.seconds:.1f}", "-"])
            continue
        name = f"{way.entrant} (taken)" if way.entrant == own.winner else way.entrant
        score = [fixed(way.score.value), str(interval(way.score))]
        rows.append([name, *score, f"{way.seconds:.1f}", f"{way.trained:,}"])
    return rows


def loaded_words(found: Mapping[str, Any]) -> str:
    """Say in a line which weights were loaded, and what did not match."""
    own = Transfer.model_validate(found)
    parts = [f"{len(own.loaded)} tensors of {own.weights}"]
    parts += [f"{len(own.adapted)} fitted to the channels ({', '.join(own.adapted[:2])})"] if own.adapted else []
    parts += [f"{len(own.anew)} begun anew ({few(own.anew)})"] if own.anew else []
    parts += [f"{len(own.unused)} not used ({few(own.unused)})"] if own.unused else []
    return f"{own.transfer}: " + "; ".join(parts)


def few(names: list[str], most: int = 3) -> str:
    """Name the first few."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
