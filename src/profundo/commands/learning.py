"""Train, and plan what would be trained."""

import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Interrupted, UsageError
from ..flags import WISHES, planned, takes, wishes
from ..guard import secondary
from ..terminal import Silent, say, screen
from .app import Json, MaybeSource, MinScore, Out, PlanFile, Quiet, Resume, Seeds, app, finish, show

if TYPE_CHECKING:
    from ..plan import Plan


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
        from ..account import result_lines
        from ..files import read_json

        result = read_json(Path(folder) / "scores.json")
        finish(result, lambda: result_lines(result), min_score, as_json)


def carry_out(shown: Silent, source: "Plan | str | None", **options: Any) -> str:
    """Train, telling how it goes. Returns the run's folder; when it is stopped, the error says how to go on."""
    from ..account import Account
    from ..plan import Plan
    from ..train import train as begin

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


@app.command()
@takes(*WISHES)
def plan(source: MaybeSource = None, *, plan_file: PlanFile = None, as_json: Json = False, **flags: Any) -> None:
    """Print the plan that `train` would carry out, as TOML; nothing is trained or written."""
    import tomllib

    wished = planned(source, plan_file, wishes(flags))
    from ..account import noted
    from ..data import load
    from ..plan import complete

    data = load(wished.data.source, wished.data)
    made = complete(wished, data)
    for line in noted(data.notes):
        say(line)
    text = made.to_toml()
    show(tomllib.loads(text), lambda: [text.rstrip()], as_json)
