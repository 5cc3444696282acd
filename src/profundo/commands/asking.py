"""Questions about data, trainings and runs: what is wrong, which is better, what would help."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import CheckFailed
from ..flags import WISHES, DataFlags, takes, wishes
from ..guard import as_object, tell
from ..terminal import printable, screen
from .app import Json, MaybeSource, Quiet, RunFolder, Seeds, Source, app, argument, evaluation, output, show


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
    from ..account import check_lines
    from ..check import check as look
    from ..check import worst

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
    from ..shift import shift_lines

    return shift_lines(found["shift"])


@app.command()
@takes(DataFlags)
def augment(
    source: MaybeSource = None,
    *,
    out: Annotated[str, output("--out", "-o", metavar="FILE", help="write the PNG there")] = "augment.png",
    as_json: Json = False,
    **flags: Any,
) -> None:
    """Draw training pictures as they are and as --augment changes them; without SOURCE, list what --augment knows."""
    from ..data.augment import entries
    from ..preview import change_lines, preview

    if source is None:
        show({"changes": entries()}, lambda: change_lines(entries()), as_json)
        return
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
    from ..compare import compare as ask
    from ..compare import compare_chart, compare_lines
    from ..files import atomic_write

    found = ask(*runs, source=on)
    if chart is not None:
        atomic_write(Path(chart), compare_chart(found))
    show(found, lambda: compare_lines(found), as_json)


@app.command()
def diagnose(run: RunFolder, *, as_json: Json = False) -> None:
    """Ask the training doctor again what ailed a training, and what cures it."""
    from ..doctor import diagnose_run, diagnosis_lines

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
    from ..curve import curve as follow
    from ..report.curve import curve_lines

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
