"""What is asked of a network in the playground: small and plain where nothing is said, so that every step is seen."""

from collections.abc import Mapping
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from ..data import DataPlan
from ..data.dataset import Data
from ..errors import UsageError
from ..networks import default
from ..optimizers import find

LIVELY = {True: 20.0, False: 5.0}  # times a careful learning rate: of tables, and of all else
CAREFUL = 2e-3  # a usual learning rate up to this is meant for large networks
ALWAYS: dict[str, Any] = {
    "schedule": "constant",
    "average": 0.0,
    "weight_decay": 0.0,
    "evaluate": "holdout",
    "calibrate": "none",
    "restore_best": False,
}
SMALL: dict[str, Any] = {"hidden": [8, 8], "activation": "gelu", "dropout": 0.0, "numbers": "plain"}
OF_A_RUN = ("epochs", "steps", "lr_at", "parts", "compile", "balance", "groups", "ensemble", "candidates", "fold")
LEFT_TO_TRAIN = (*OF_A_RUN, "transfer", "weights", "head", "source")
TASKS = ("classification", "regression")
OPTIONS = dict.fromkeys(("network_options", "task_options"), dict[str, Any])
FORMS: dict[str, Any] = {
    **get_type_hints(DataPlan),
    **dict.fromkeys(("network", "loss", "initialisation"), str),
    **OPTIONS,
}


def checked(wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the wishes that say something. Raises UsageError for those that a playground cannot grant."""
    said = {k: v for k, v in wishes.items() if v is not None and v != "" and (v != [] or k == "hidden")}
    given = {k: formed(k, v) for k, v in said.items()}
    for name in ("noise", "draw"):  # of made sets alone
        if not given.get(name):
            given.pop(name, None)
    for name, value in given.items():
        if name in LEFT_TO_TRAIN or value != ALWAYS.get(name, value):
            raise UsageError(
                f"--{name.replace('_', '-')} {value} is not for the playground, where every step is seen and the "
                "learning rate is changed by hand. Train a run with it: profundo train"
            )
    if "initialisation" in given:
        given["network_options"] = {**given.get("network_options", {}), "initialisation": given.pop("initialisation")}
    return given


def formed(name: str, value: Any) -> Any:
    """Return a wish of JSON in the form that the data plan has it. Raises UsageError where it has another."""
    form = FORMS.get(name)
    if form is None:
        return value
    if form == tuple[str, ...] and isinstance(value, str):
        return (value,)
    try:
        return TypeAdapter(form).validate_python(value)
    except ValidationError as error:
        raise UsageError(f"{name} = {value!r}: {error.errors()[0]['msg'].lower()}.") from error


def usual(wishes: Mapping[str, Any], data: Data) -> dict[str, Any]:
    """Return complete wishes: what suits a playground, and over it what was asked for.

    A table gets a small network and batches of 10 (benchmarks/spirals.py: two spirals are learnt from every seed),
    everything else its usual network and batches of 32.
    """
    if data.task not in TASKS or len(data.schema.targets) != 1:
        raise UsageError(
            f"the playground shows one label or one number for each example, and this is {data.task} of "
            f"{', '.join(data.schema.targets) or 'no target'}. Name a --target, or train a run: profundo train"
        )
    network = wishes.get("network") or ("mlp" if data.schema.takes == "table" else default(data.schema))
    own = dict(SMALL) if network == "mlp" else {}
    if data.schema.image is not None:
        own.pop("numbers", None)
    if network != "perceptron":  # whose rule is one of its own
        optimizer = str(wishes.get("optimizer") or "adam")
        rule = find(optimizer)
        table = data.schema.takes == "table"
        lr = rule.lr * LIVELY[table] if rule.lr <= CAREFUL else rule.lr
        size = 10 if table else 32
        own |= {"optimizer": optimizer, "lr": lr, "batch_size": size if rule.batch_size is None else rule.batch_size}
    return {"network": network, **own, "seed": 0, **wishes, **ALWAYS}
