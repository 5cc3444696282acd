"""The command line. Results go to standard output, everything else to standard error; the exit codes are in errors.py.

Nothing heavy is imported before a command runs, so `profundo --help` answers at once.
"""

import json
import os
import shlex
import signal
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .errors import CheckFailed, Interrupted, UsageError
from .flags import WISHES, DataFlags, panel, planned, spelled_out, takes, wishes
from .guard import as_object, guarded, secondary, tell
from .terminal import Silent, printable, row, say, screen, table

if TYPE_CHECKING:
    from .plan import Plan

COMPLETION = "_PROFUNDO_COMPLETE"  # set by the shell when it asks for completions
READABLE = 20  # predictions that a terminal shows in words

app = typer.Typer(
    help="Train a network on your own data with one command, and know how good it really is.",
    epilog="Begin with: profundo train digits",
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    pretty_exceptions_enable=False,
)
argument = partial(typer.Argument, show_default=False)
output, evaluation = panel("Output"), panel("Evaluation")
SOURCE = "a table, a folder of images, or a built-in name (profundo datasets)"
Source = Annotated[str, argument(metavar="SOURCE", help=SOURCE)]
MaybeSource = Annotated[str | None, argument(metavar="SOURCE", help=SOURCE)]
RunFolder = Annotated[str, argument(metavar="RUN", help="the folder of a run, such as runs/digits-1")]
Json = Annotated[bool, output("--json", help="one JSON object on standard output, and nothing else there")]
Quiet = Annotated[bool, output("--quiet", "-q", help="say nothing while it works")]
PlanFile = Annotated[
    str | None, output("--plan", "-p", metavar="FILE", help="a plan to carry out; options win over it")
]
Out = Annotated[str | None, output("--out", "-o", metavar="FOLDER", help="the run's folder (runs/NAME-1, -2, ...)")]
Resume = Annotated[str | None, output("--resume", metavar="RUN", help="go on with an interrupted run, exactly")]
Seeds = Annotated[int | None, evaluation(help="train so many networks, and report the spread", min=1)]
MinScore = Annotated[float | None, evaluation(help="exit with 6 where the main score is below")]


def main() -> None:
    """Run the command that was typed, and exit with its status."""
    sys.exit(execute(sys.argv[1:]))


def execute(arguments: list[str]) -> int:
    """Run a command. Returns the exit status; whatever goes wrong has been told in one line."""
    return guarded(lambda: invoke(spelled_out(arguments)), arguments)


def invoke(arguments: list[str]) -> None:
    """Parse the arguments and call the command."""
    command = typer.main.get_command(app)
    if COMPLETION in os.environ:
        command.main(arguments, prog_name="profundo")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    with command.make_context("profundo", list(arguments)) as context:
        command.invoke(context)


def show(value: Mapping[str, Any], lines: Callable[[], list[str]], as_json: bool) -> None:
    """Write a result: the object as JSON, or its lines."""
    from .files import finite

    print(json.dumps(finite(value), ensure_ascii=False) if as_json else "\n".join(lines()), flush=True)


@app.callback()
def profundo(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", "-V", help="the version, and exit")] = False,
) -> None:
    """Train a network on your own data with one command, and know how good it really is."""
    if version:
        from importlib.metadata import version as installed

        print(f"profundo {installed('profundo')} · torch {installed('torch')}")
    elif context.invoked_subcommand is None:
        sys.stdout.write(context.get_help())


@app.command()
@takes(*WISHES)
def train(
    source: MaybeSource = None,
    *,
    plan_file: PlanFile = None,
    out: Out = None,
    resume: Resume = None,
    seeds: Seeds = None,
    min_score: MinScore = None,
    as_json: Json = False,
    quiet: Quiet = False,
    **flags: Any,
) -> None:
    """Train a network, score it honestly, compare it with simpler methods, write a report."""
    shown = screen(quiet or secondary())
    shown.brief("starting PyTorch")
    try:
        given = wishes(flags)
        if resume is None:
            folder = carry_out(shown, planned(source, plan_file, given), out=out, seeds=seeds or 1)
        elif given or plan_file or out or seeds:
            raise UsageError(
                f"a run goes on as it was planned. Type only: profundo train --resume {shlex.quote(resume)}"
            )
        else:
            folder = carry_out(shown, source, resume=resume)
    finally:
        shown.close()
    if not secondary():
        from .account import result_lines
        from .files import read_json

        result = read_json(Path(folder) / "scores.json")
        finish(result, lambda: result_lines(result), min_score, as_json)


def carry_out(shown: Silent, source: "Plan | str | None", **options: Any) -> str:
    """Train, telling how it goes. Returns the run's folder; when it is stopped, the error says how to go on."""
    from .account import Account
    from .plan import Plan
    from .train import train as begin

    wished = source if isinstance(source, Plan) else None
    place = wished.data.source if wished else str(options["resume"])
    account = Account(shown, place, lr=wished.recipe.lr if wished else None, seeds=options.get("seeds", 1))
    try:
        return str(begin(source, **options, watch=account.watch).folder)
    except (KeyboardInterrupt, Interrupted) as error:
        number = error.exit_code - 128 if isinstance(error, Interrupted) else signal.SIGINT
        if not account.run or "--resume" in str(error):
            raise
        advice = f"stopped; what was learnt is saved. Go on: profundo train --resume {shlex.quote(account.run)}"
        raise Interrupted(advice, number) from None


def finish(result: Mapping[str, Any], lines: Callable[[], list[str]], min_score: float | None, as_json: bool) -> None:
    """Show the scores. Where the main one is below `min_score`, say so and end with the status of CheckFailed."""
    from .account import figure

    value = result["scores"][result["main"]]["value"]
    if min_score is None or (value is not None and value >= min_score):
        show(result, lines, as_json)
        return
    error = CheckFailed(f"{result['main']} is {figure(value)}, below the {min_score} that was asked for.")
    show({**result, "error": as_object(error)}, lines, as_json)
    tell(error)
    raise typer.Exit(error.exit_code)


@app.command()
@takes(*WISHES)
def plan(source: MaybeSource = None, *, plan_file: PlanFile = None, as_json: Json = False, **flags: Any) -> None:
    """Print the plan that `train` would carry out, as TOML; nothing is trained or written."""
    import tomllib

    wished = planned(source, plan_file, wishes(flags))
    from .account import noted
    from .data import load
    from .plan import complete

    data = load(wished.data.source, wished.data)
    made = complete(wished, data)
    for line in noted(data.notes):
        say(line)
    text = made.to_toml()
    show(tomllib.loads(text), lambda: [text.rstrip()], as_json)


@app.command()
@takes(DataFlags)
def check(
    source: Source,
    *,
    against: Annotated[
        str | None, output("--against", metavar="SOURCE|RUN", help="does it look like these data, or a run's?")
    ] = None,
    fail_on: Annotated[
        str | None, output("--fail-on", metavar="HOW-BAD", help="exit with 6 from: serious, warning, minor")
    ] = None,
    as_json: Json = False,
    **flags: Any,
) -> None:
    """Say what is in the data and what is wrong with them. Nothing is trained or written."""
    from .account import check_lines
    from .check import check as look
    from .check import worst

    if fail_on is not None:
        worst([], fail_on)
    found = look(source, against=against, **wishes(flags))
    bad = worst(found["findings"], fail_on) if fail_on is not None else []
    error = CheckFailed(f"{len(bad)} findings are {fail_on} or worse, the first: {bad[0]['text']}") if bad else None
    told = found if error is None else {**found, "error": as_object(error)}
    show(told, lambda: check_lines(found) if "columns" in found else shift_words(found), as_json)
    if error is not None:
        tell(error)
        raise typer.Exit(error.exit_code)


def shift_words(found: Mapping[str, Any]) -> list[str]:
    """Write whether new data look like those of a run."""
    from .shift import shift_lines

    return shift_lines(found["shift"])


@app.command()
@takes(DataFlags)
def augment(
    source: Source,
    *,
    out: Annotated[str, output("--out", "-o", metavar="FILE", help="write the PNG there")] = "augment.png",
    as_json: Json = False,
    **flags: Any,
) -> None:
    """Draw training pictures as they are and as --augment would change them, with their boxes and masks."""
    from .preview import preview

    found = preview(source, out=out, **wishes(flags))
    text = "{out}: {rows} training pictures, each as it is and {versions} times by --augment {policy}"
    show(found, lambda: [printable(text.format(**found))], as_json)


@app.command()
def compare(
    runs: Annotated[list[str], argument(metavar="RUN...", help="run folders; FOLDER:NAME is one of its baselines")],
    *,
    on: Annotated[
        str | None, evaluation("--on", metavar="SOURCE", help="on these new rows, which have the answers")
    ] = None,
    chart: Annotated[str | None, output("--chart", metavar="FILE", help="draw the differences there, as SVG")] = None,
    as_json: Json = False,
) -> None:
    """Say whether one run is really better than another, by the test that fits what they have in common."""
    from .compare import compare as ask
    from .compare import compare_chart, compare_lines
    from .files import atomic_write

    found = ask(*runs, source=on)
    if chart is not None:
        atomic_write(Path(chart), compare_chart(found))
    show(found, lambda: compare_lines(found), as_json)


@app.command()
def diagnose(run: RunFolder, *, as_json: Json = False) -> None:
    """Ask the training doctor again what ailed a training, and what cures it."""
    from .doctor import diagnose_run, diagnosis_lines

    found = diagnose_run(run)
    show({"run": run, "findings": [f.to_dict() for f in found]}, lambda: diagnosis_lines(found), as_json)


@app.command()
@takes(*WISHES)
def curve(
    source: Source,
    *,
    over: Annotated[
        str, evaluation("--over", metavar="NAME[=A,B,...]", help="rows, or an option with its values: hidden=4,16,64")
    ] = "rows",
    seeds: Seeds = None,
    out: Annotated[
        str | None, output("--out", "-o", metavar="FOLDER", help="write curve.json and curve.svg there")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    **flags: Any,
) -> None:
    """Train along a line: more rows, wider layers, other first weights; how do the scores change, and how surely?"""
    from .curve import curve as follow
    from .report.curve import curve_lines

    shown = screen(quiet)
    shown.brief("starting PyTorch")

    def watch(event: str, value: Any) -> None:
        if event == "point":
            shown.stage(f"{over.partition('=')[0]} {value['value']}, seed {value['seed'] + 1} of {value['seeds']}")

    try:
        given = wishes(flags)
        target = given.pop("target", None)
        found = follow(source, target, over=over, seeds=seeds or 5, out=out, watch=watch, **given)
    finally:
        shown.close()
    show(found, lambda: curve_lines(found), as_json)


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
    from .account import score_rows
    from .evaluate import evaluate as score

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
    ensemble: Annotated[
        bool, output("--ensemble", help="by the run's ensemble; its simpler models are fitted again from the source")
    ] = False,
    as_json: Json = False,
) -> None:
    """Answer for every row of SOURCE, with probabilities; as CSV on standard output without -o."""
    from .account import answer_words, answers
    from .ensemble import ensemble_predict
    from .predict import predict as network_predict
    from .run import Run

    if ensemble:
        frame = ensemble_predict(run, source, out)
    else:
        frame = network_predict(run, source, out, form=form, sure=0.5 if sure is None else sure, pictures=pictures)
    schema = Run.open(run).read("schema.json")["targets"]
    targets = [name for name in schema if name in frame.columns]
    for note in frame.attrs["notes"]:
        say(row("!", note))
    told = {"run": run, "source": source, "n": len(frame), "notes": frame.attrs["notes"]}
    if out is not None:
        show({**told, "out": out}, lambda: [f"{len(frame):,} predictions are in {printable(out)}"], as_json)
    elif as_json:
        show({**told, "predictions": answers(frame, targets)}, list, True)
    elif sys.stdout.isatty() and len(frame) <= READABLE:
        every = answers(frame, targets)
        print("\n".join(table([["row", "answer"], *([str(a.get("file", a["row"])), answer_words(a)] for a in every)])))
    else:
        print(frame.to_csv(index=False), end="")


@app.command()
def report(run: RunFolder, *, as_json: Json = False) -> None:
    """Write a run's report.html again, and print its path."""
    from .report import write_report
    from .run import Run

    path = str(write_report(Run.open(run).folder))
    show({"run": run, "report": path}, lambda: [path], as_json)


@app.command()
def networks(
    name: Annotated[str | None, argument(metavar="NAME", help="one network, with its options")] = None,
    *,
    size: Annotated[int | None, output(help="what they cost for pictures of SIZE x SIZE pixels", min=1)] = None,
    as_json: Json = False,
) -> None:
    """List the networks with what they cost and how well they do, or describe one with its options and layers."""
    from .catalogue import entry_lines, network_entries, network_lines

    found = network_entries(name, size=size)
    show({"networks": found}, lambda: network_lines(found) if name is None else entry_lines(found), as_json)


@app.command()
def tasks(
    name: Annotated[str | None, argument(metavar="NAME", help="one task, with its options")] = None,
    *,
    as_json: Json = False,
) -> None:
    """List the tasks, with their losses and options."""
    from .catalogue import entry_lines, task_entries

    found = task_entries(name)
    show({"tasks": found}, lambda: entry_lines(found), as_json)


@app.command()
def datasets(*, as_json: Json = False) -> None:
    """List the data sets that are known by name."""
    from .catalogue import dataset_entries, dataset_lines

    found = dataset_entries()
    show({"datasets": found}, lambda: dataset_lines(found), as_json)


@app.command()
def env(*, as_json: Json = False) -> None:
    """Describe the versions and the machine, for a bug report."""
    from .environment import environment, lines

    found = environment()
    show(found, lambda: lines(found), as_json)
