"""The app that every command joins, the arguments that several share, and how a result is shown."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

import typer

from ..errors import CheckFailed
from ..flags import panel
from ..guard import as_object, tell

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
MinScore = Annotated[float | None, evaluation(help="exit with 6 where the main score is worse")]


def show(value: Mapping[str, Any], lines: Callable[[], list[str]], as_json: bool) -> None:
    """Write a result: the object as JSON, or its lines."""
    from ..files import finite

    print(json.dumps(finite(value), ensure_ascii=False) if as_json else "\n".join(lines()), flush=True)


def finish(result: Mapping[str, Any], lines: Callable[[], list[str]], min_score: float | None, as_json: bool) -> None:
    """Show the scores. Where the main one is below `min_score`, say so and end with the status of CheckFailed."""
    from ..evaluate import too_bad

    told = "" if min_score is None else too_bad(result, min_score)
    if not told:
        show(result, lines, as_json)
        return
    error = CheckFailed(told)
    show({**result, "error": as_object(error)}, lines, as_json)
    tell(error)
    raise typer.Exit(error.exit_code)
