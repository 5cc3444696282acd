"""Look inside a finished run's network."""

from typing import Annotated

from ..terminal import printable
from .app import Json, RunFolder, app, argument, output, show


@app.command()
def inside(
    run: RunFolder,
    source: Annotated[
        str | None, argument(metavar="FILE", help="a picture, a table or a folder in place of the run's own data")
    ] = None,
    *,
    row: Annotated[int | None, output("--row", help="the row to look at (the first of the test part)", min=0)] = None,
    text: Annotated[str | None, output("--text", help="a text to read in place of a row")] = None,
    drawing: Annotated[
        str | None, output("--drawing", metavar="POINTS", help='lines drawn by hand: "10,10 20,30; 40,5 40,50"')
    ] = None,
    layer: Annotated[str | None, output("--layer", metavar="NAME", help="a layer: --json holds its values")] = None,
    unit: Annotated[
        int | None, output("--unit", help="a unit of it: its kernel and the examples it answers to the most", min=0)
    ] = None,
    out: Annotated[str | None, output("--out", "-o", metavar="FILE", help="a page (.html) or a sheet (.png)")] = None,
    as_json: Json = False,
) -> None:
    """Show what every layer of a run's network makes of one example, down to the probabilities."""
    from ..inside import inside as look
    from ..inside.words import lines

    seen = look(run, row, source=source, text=text, drawing=drawing, layer=layer, unit=unit)
    if out is not None:
        seen.write(out)
    wrote = [f"written to {printable(out)}"] if out else []
    show(seen.to_dict() | ({"out": out} if out else {}), lambda: [*lines(seen), *wrote], as_json)
