"""What shows how learning works: the experiments of the lab, each a command of its own, and one step in numbers."""

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from ..flags import DataFlags, NetworkFlags, StoppingFlags, TrainingFlags, takes, wishes
from ..lab.options import Experiment, Option
from ..lab.table import EXPERIMENTS, entries
from .app import Json, Source, app, output, show

Out = Annotated[str | None, output("--out", "-o", metavar="FILE", help="write a page with the pictures there (.html)")]
lab = typer.Typer(help="Experiments that show one idea each; profundo lab lists them.", invoke_without_command=True)
app.add_typer(lab, name="lab")


@lab.callback()
def listed(context: typer.Context, *, as_json: Json = False) -> None:
    """Experiments that show one idea each, in numbers and in pictures (--out PAGE.html, or the studio)."""
    if context.invoked_subcommand is not None:
        return
    width = max(map(len, EXPERIMENTS))
    lines = [f"{e.name.ljust(width)}  {e.summary}" for e in EXPERIMENTS.values()]
    show({"experiments": entries()}, lambda: [*lines, "", "The options of one: profundo lab race --help"], as_json)


def carry_out(name: str, out: str | None, as_json: bool, asked: dict[str, Any]) -> None:
    """Carry an experiment out, and show or write what was found."""
    from ..files import atomic_write
    from ..lab.experiments import lab as experiment
    from ..lab.experiments import parted
    from ..lab.page import write_page
    from ..terminal import printable

    found = experiment(name, **asked)
    if out is not None:
        atomic_write(Path(out), write_page(found))
    plain, arrays = parted(found)
    told = plain | {k: v.tolist() for k, v in arrays.items()} | ({} if out is None else {"out": out})
    wrote = [] if out is None else [f"written to {printable(out)}"]
    show(told, lambda: [*map(printable, found["sentences"]), *wrote], as_json)


def add(experiment: Experiment) -> None:
    """Make a command of an experiment: its options are those of the table."""

    def command(out: Out = None, as_json: Json = False, **asked: Any) -> None:
        carry_out(experiment.name, out, as_json, {k: v for k, v in asked.items() if v is not None})

    own = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=typed(name, option))
        for name, option in experiment.options.items()
    ]
    fixed = [
        p.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for p in inspect.signature(command).parameters.values()
        if p.kind is not p.VAR_KEYWORD
    ]
    command.__signature__ = inspect.Signature([*own, *fixed])  # type: ignore[attr-defined]
    text = f"{experiment.summary} ({experiment.paper})" if experiment.paper else experiment.summary
    lab.command(experiment.name, help=text)(command)


def typed(name: str, option: Option) -> Any:
    """Return the annotation of an option: its type, its help and its usual value."""
    default = "all" if isinstance(option.default, tuple) else option.default
    kind = str if isinstance(option.default, tuple) else type(option.default)
    usual = f" ({default})" if default != "" else ""
    metavar = "A,B,..." if isinstance(option.default, tuple) else None
    help = f"{option.help}{usual}"
    return Annotated[kind | None, typer.Option(f"--{name}", help=help, metavar=metavar, show_default=False)]


for each in EXPERIMENTS.values():
    add(each)


@app.command()
@takes(DataFlags, NetworkFlags, TrainingFlags, StoppingFlags)
def trace(
    source: Source,
    *,
    unit: Annotated[
        str,
        output("--unit", metavar="LAYER,INDEX", help="whose numbers: 0,3; layer 0 is the first hidden, -1 the output"),
    ] = "0,0",
    row: Annotated[
        int | None, output("--row", help="which row of the source; the first of the coming batch", min=0)
    ] = None,
    as_json: Json = False,
    **flags: Any,
) -> None:
    """Follow one example through one unit: every number of the step after --steps, forward, backward and update."""
    from ..play.follow import follow, trace_lines
    from ..terminal import printable

    told = follow(source, unit, row=row, **wishes(flags))
    show(told, lambda: [printable(line) for line in trace_lines(told)], as_json)
