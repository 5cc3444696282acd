"""What the form of a training offers and guesses: the names that options take, and the plan for a source."""

import tomllib
from collections.abc import Mapping
from typing import Any

from .errors import UsageError
from .files import finite
from .wished import check_wishes

COLUMNS = 500  # of the data that a form names at most


def choices() -> dict[str, list[str]]:
    """Return {option: the names that it takes}, as the code itself knows them."""
    from .data.dataplan import BAD, COPIES, UNITS
    from .networks import INITIALISATIONS, NETWORKS
    from .networks.classical_head import SHORT
    from .networks.layers import ACTIVATIONS, NORMALISATIONS
    from .optimizers import OPTIMIZERS
    from .plan import BALANCES, CALIBRATIONS, TRANSFERS
    from .precision import PRECISIONS
    from .schedules import SCHEDULES
    from .schema import KINDS
    from .tasks import LOSSES, TASKS

    known: dict[str, Any] = {
        "task": TASKS,
        "kind": KINDS,
        "bad_annotations": BAD,
        "tokens": UNITS,
        "strands": ("one", "both"),
        "copies": COPIES,
        "network": sorted(NETWORKS),
        "activation": ACTIVATIONS,
        "normalisation": NORMALISATIONS,
        "initialisation": INITIALISATIONS,
        "transfer": TRANSFERS,
        "head": ["linear", *{name: None for names in SHORT.values() for name in names}],
        "optimizer": OPTIMIZERS,
        "schedule": SCHEDULES,
        "loss": LOSSES,
        "balance": BALANCES,
        "precision": PRECISIONS,
        "calibrate": CALIBRATIONS,
    }
    return {name: list(names) for name, names in known.items()}


def guessed(source: Any, wishes: Any) -> dict[str, Any]:
    """Fill in a plan, as `profundo plan SOURCE` does: nothing is trained or written.

    Returns `toml` and `plan` (the same as an object), `notes` on what was guessed and why, the `counts` of the parts,
    `columns` [{name, kind, role}], and the `networks` and `losses` that fit these data. Raises UsageError for wishes
    of another type or name.
    """
    from .data import load
    from .networks import NETWORKS
    from .plan import complete, wish
    from .tasks.losses import LABEL_LOSSES, MULTILABEL_LOSSES, NUMBER_LOSSES

    if not isinstance(source, str) or not isinstance(wishes, Mapping):
        raise UsageError("a plan takes a source, which is a text, and wishes, which are an object.")
    check_wishes(wishes)
    rest = {name: value for name, value in wishes.items() if name != "target"}
    wished = wish(source, wishes.get("target"), **rest)
    data = load(wished.data.source, wished.data)
    made = complete(wished, data)
    takes, gives = data.schema.takes, data.schema.gives
    losses = {"classification": LABEL_LOSSES, "regression": NUMBER_LOSSES, "multilabel": MULTILABEL_LOSSES}
    columns = list(data.summary.items())[:COLUMNS]
    toml = made.to_toml()
    return {
        "toml": toml,
        "plan": finite(tomllib.loads(toml)),
        "notes": [vars(note) for note in data.notes],
        "counts": {split: data.count(split) for split in data.splits},
        "columns": [{"name": name, "kind": c.get("kind", ""), "role": c.get("role", "")} for name, c in columns],
        "networks": sorted(n for n, row in NETWORKS.items() if row.fits(takes) and gives in row.gives.split("|")),
        "losses": list(losses.get(made.task, ())),
    }
