"""What can be asked for by name, and what this machine is."""

from typing import Annotated

from .app import Json, app, argument, output, show


@app.command()
def networks(
    name: Annotated[str | None, argument(metavar="NAME", help="one network, with its options")] = None,
    *,
    size: Annotated[int | None, output(help="what they cost for pictures of SIZE x SIZE pixels", min=1)] = None,
    as_json: Json = False,
) -> None:
    """List the networks with what they cost and how well they do, or describe one with its options and layers."""
    from ..catalogue import entry_lines, network_entries, network_lines

    found = network_entries(name, size=size)
    show({"networks": found}, lambda: network_lines(found) if name is None else entry_lines(found), as_json)


@app.command()
def tasks(
    name: Annotated[str | None, argument(metavar="NAME", help="one task, with its options")] = None,
    *,
    as_json: Json = False,
) -> None:
    """List the tasks, with their losses and options."""
    from ..catalogue import entry_lines, task_entries

    found = task_entries(name)
    show({"tasks": found}, lambda: entry_lines(found), as_json)


@app.command()
def datasets(*, as_json: Json = False) -> None:
    """List the data sets that are known by name."""
    from ..catalogue import dataset_entries, dataset_lines

    found = dataset_entries()
    show({"datasets": found}, lambda: dataset_lines(found), as_json)


@app.command()
def env(*, as_json: Json = False) -> None:
    """Describe the versions and the machine, for a bug report."""
    from ..environment import environment, lines

    found = environment()
    show(found, lambda: lines(found), as_json)
