"""The command line. Results go to standard output, everything else to standard error; the exit codes are in errors.py.

Nothing heavy is imported before a command runs, so `profundo --help` answers at once.
"""

import os
import sys
from typing import Annotated

import typer

# isort: off
from .commands import learning, asking, answering, mistakes, inside, making, lab, runs, studio, listing  # noqa: F401

# isort: on
from .commands.app import app
from .flags import spelled_out
from .guard import guarded

COMPLETION = "_PROFUNDO_COMPLETE"  # set by the shell when it asks for completions


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
