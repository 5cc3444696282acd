"""What a finished run gets wrong, and why."""

from typing import Annotated

from ..terminal import printable
from .app import Json, MaybeSource, RunFolder, app, output, show

Label = str | None


@app.command()
def mistakes(
    run: RunFolder,
    *,
    true: Annotated[Label, output("--true", help="examples that are truly this label", metavar="LABEL")] = None,
    said: Annotated[Label, output("--said", help="examples that were answered with it", metavar="LABEL")] = None,
    label: Annotated[Label, output("--label", help="the one that the threshold is of", metavar="LABEL")] = None,
    threshold: Annotated[float | None, output(help="answer with the label above this probability (0 to 1)")] = None,
    target: Annotated[Label, output(help="one of several targets", metavar="COLUMN")] = None,
    count: Annotated[int, output(help="how many examples (24)", min=0)] = 24,
    skip: Annotated[int, output(help="leave out so many of them first (0)", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """Show what a run got wrong: which labels it confuses, the examples, what another threshold would do."""
    from ..mistakes import mistake_lines
    from ..mistakes import mistakes as find

    found = find(run, true=true, said=said, label=label, threshold=threshold, target=target, count=count, skip=skip)
    show(found, lambda: mistake_lines(found), as_json)


@app.command()
def explain(
    run: RunFolder,
    source: MaybeSource = None,
    *,
    row: Annotated[int | None, output(help="the row of the run's data, or of SOURCE (the first)")] = None,
    method: Annotated[
        str, output(help="integrated_gradients (the usual), input_x_gradient or occlusion", metavar="NAME")
    ] = "integrated_gradients",
    label: Annotated[Label, output(help="the answer to explain (what the network says)", metavar="LABEL")] = None,
    against: Annotated[Label, output(help="why not this one?", metavar="LABEL")] = None,
    baseline: Annotated[str, output(help="what it is compared with: average, zero, black, white")] = "average",
    steps: Annotated[int, output(help="of integrated gradients (100)", min=1)] = 100,
    out: Annotated[str | None, output("--out", "-o", metavar="FILE", help="write a page there: why.html")] = None,
    as_json: Json = False,
) -> None:
    """Say why a network answered as it did: how much each column, word or pixel spoke for the answer or against it."""
    from pathlib import Path

    from ..explain import explain as weigh
    from ..explain.lines import attribution_lines
    from ..explain.page import page
    from ..files import atomic_write

    how = {"method": method, "label": label, "against": against, "baseline": baseline, "steps": steps}
    found = weigh(run, row, source, **how)  # type: ignore[arg-type]
    wrote = []
    if out is not None:
        atomic_write(Path(out), page(found))
        wrote = [f"written to {printable(out)}"]
    told = found.to_dict() | ({"out": out} if out else {})
    show(told, lambda: [*attribution_lines(found), *wrote], as_json)
