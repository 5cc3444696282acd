"""The step view without the page: train for so many steps, and follow the coming one. The verb `profundo trace`."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import UsageError
from ..svg import number
from .game import Game

SHOWN = 12  # rows that a terminal shows


def follow(
    source: str, unit: str | Sequence[int] = "0,0", *, row: int | None = None, steps: int = 0, **wishes: Any
) -> dict[str, Any]:
    """Train the playground's network on a source for `steps` batches, then follow an example through a unit.

    `unit` is layer and index, as in "0,3": layer 0 is the first hidden one, -1 the output. `row` is a row of the
    source, by default the first of the coming batch. The wishes are those of `profundo.train`; what is not wished for
    is small and plain, as in the playground. Returns what `profundo.play.trace.trace` describes, with `command` and
    `python`. Raises UsageError for a network that is no chain of linear layers, for a unit or row that there is not.
    """
    changes = {int(step): float(lr) for step, lr in dict(wishes.pop("lr_at", None) or {}).items()}
    game = Game(source, dict(wishes.pop("network_options", None) or {}) | wishes)
    for step, lr in sorted(changes.items()):
        if step < steps:
            game.learn(step - game.step)
            game.set_lr(lr)
    game.learn(steps - game.step)
    if game.stopped is not None:
        raise UsageError(game.stopped)
    return game.traced(place(unit), row)


def place(unit: str | Sequence[int]) -> tuple[int, int]:
    """Read a unit: "0,3" or (0, 3). Raises UsageError for anything else."""
    parts = unit.split(",") if isinstance(unit, str) else list(unit)
    try:
        layer, index = (int(part) for part in parts)
    except ValueError:
        raise UsageError(f"unit {unit!r} is not LAYER,INDEX. Type for example: --unit 0,3") from None
    return layer, index


def trace_lines(told: Mapping[str, Any]) -> list[str]:
    """Write a step for a terminal: the sum, the activation, the loss, the way back, the weights."""
    example, loss, forward, backward = (told[key] for key in ("example", "loss", "forward", "backward"))
    layer, update = told["layers"][told["unit"]["layer"]], told["update"]
    slope = "da/dz" if backward["dL_dn"] is None else "da/dn"
    lines = [
        f"unit {told['unit']['name']}, row {example['id']}, {example['position'] + 1} of {example['of']} in the batch; "
        f"true: {example['label']}, said: {loss['answer']}",
        f"z = {number(forward['z'])}, {layer['activation']}: a = {number(forward['out'])}; "
        f"{loss['name']}: L = {number(loss['value'])}",
        f"dL/da = {number(backward['dL_da'])}, {slope} = {number(backward['da_dz'])}, "
        f"dL/dz = {number(backward['dL_dz'])}",
        f"step {update['step']} of {update['optimizer']}, learning rate {number(update['lr'])}:",
    ]
    names = ["x", "w", "w x", "dL/dw", "mean of batch", "new w"]
    keys = ["x", "w", "product", "dL_dw", "mean", "new"]
    rows = [["", *names]] + [[r["from"], *(number(r[key]) for key in keys)] for r in told["rows"][:SHOWN]]
    widths = [max(len(cells[i]) for cells in rows) for i in range(len(rows[0]))]
    lines += ["  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)) for cells in rows]
    more = len(told["rows"]) - SHOWN + told["left_out"]["rows"]
    return [*lines, f"and {more} more: --json tells them all"] if more > 0 else lines
