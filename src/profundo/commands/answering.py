"""Scores, predictions and the report of a finished run."""

import sys
from typing import Annotated

from ..terminal import printable, row, say, table
from .app import Json, MaybeSource, MinScore, RunFolder, Source, app, finish, output, show

READABLE = 20  # predictions that a terminal shows in words


@app.command()
def evaluate(
    run: RunFolder,
    source: MaybeSource = None,
    *,
    annotations: Annotated[
        str | None, output("--annotations", metavar="PATH", help="where things are in the pictures of SOURCE")
    ] = None,
    min_score: MinScore = None,
    as_json: Json = False,
) -> None:
    """Show the scores of a run; with SOURCE, score its network on new data that have the answers."""
    from ..account import score_rows
    from ..evaluate import evaluate as score

    result = score(run, source, annotations=annotations or "")
    for note in result.get("notes", []):
        say(row("note", note))
    rows = score_rows(result["scores"], result["main"])
    finish(result, lambda: table(rows, right="value,n"), min_score, as_json)


@app.command()
def predict(
    run: RunFolder,
    source: Source,
    *,
    out: Annotated[
        str | None,
        output("--out", "-o", metavar="FILE", help="write there: .csv .tsv .json .jsonl .parquet"),
    ] = None,
    form: Annotated[
        str | None, output("--form", help="found objects as coco, voc or yolo in place of the table", metavar="FORM")
    ] = None,
    sure: Annotated[
        float | None, output("--sure", help="leave out found objects that score less (0.5)", min=0, max=1)
    ] = None,
    pictures: Annotated[
        str | None,
        output("--pictures", metavar="FOLDER", help="of a run that says where things are: draw them, and write maps"),
    ] = None,
    events: Annotated[
        bool, output("--events", help="of a run on clips: SOURCE is one long clip; what happens in it, and when")
    ] = False,
    ensemble: Annotated[
        bool, output("--ensemble", help="by the run's ensemble; its simpler models are fitted again from the source")
    ] = False,
    as_json: Json = False,
) -> None:
    """Answer for every row of SOURCE, with probabilities; as CSV on standard output without -o."""
    from ..account import answer_words, answers
    from ..ensemble import ensemble_predict
    from ..predict import predict as network_predict
    from ..run import Run

    if ensemble:
        frame = ensemble_predict(run, source, out)
    else:
        least = 0.5 if sure is None and not events else sure or 0.0
        frame = network_predict(run, source, out, form=form, sure=least, pictures=pictures, events=events)
    schema = Run.open(run).read("schema.json")["targets"]
    targets = [name for name in schema if name in frame.columns]
    for note in frame.attrs["notes"]:
        say(row("!", note))
    told = {"run": run, "source": source, "n": len(frame), "notes": frame.attrs["notes"]}
    what = "events" if events else "predictions"
    if out is not None:
        show({**told, "out": out}, lambda: [f"{len(frame):,} {what} are in {printable(out)}"], as_json)
    elif as_json and (events or not targets):
        show({**told, what: frame.to_dict("records")}, list, True)
    elif as_json:
        show({**told, "predictions": answers(frame, targets)}, list, True)
    elif sys.stdout.isatty() and targets and len(frame) <= READABLE and not events:
        every = answers(frame, targets)
        print("\n".join(table([["row", "answer"], *([str(a.get("file", a["row"])), answer_words(a)] for a in every)])))
    else:
        print(frame.to_csv(index=False), end="")


@app.command()
def report(run: RunFolder, *, as_json: Json = False) -> None:
    """Write a run's report.html again, and print its path."""
    from ..report import write_report
    from ..run import Run

    path = str(write_report(Run.open(run).folder))
    show({"run": run, "report": path}, lambda: [path], as_json)
