"""A plan: data, network, task and recipe by name, as a person would write them down. TOML <-> command line <-> form.

`plan(source, target)` looks at the data and fills in what was not asked for; every guess can be overruled by a wish of
the same name.
"""

import dataclasses
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w
from pydantic import ValidationError

from . import optimizers
from .borrow import borrow, dress, seat
from .data import DataPlan, folds, load
from .data.special import READERS
from .errors import DataError, UsageError, unknown
from .guesses import (
    COLOUR_RECIPE,
    guessed_head_recipe,
    guessed_network,
    guessed_network_options,
    guessed_recipe,
    many_in_colour,
)
from .networks import NETWORKS, default
from .networks.classical_head import method
from .recipe import Recipe
from .tasks import TASKS

if TYPE_CHECKING:
    from .data.dataset import Data

BUDGET = 30.0  # seconds for all baselines together
BALANCES = ("none", "auto", "weights", "resample", "focal", "threshold")
CALIBRATIONS = ("temperature", "isotonic", "none")
SMALL = 2_000  # rows below which one split says too little: they are resampled


TRANSFERS = ("scratch", "extract", "finetune", "init", "auto")
TRANSFER = ("transfer", "weights", "head")
EVALUATION = ("baselines", "budget", "evaluate", "candidates", "ensemble", "calibrate", "groups", "robustness", "check")


@dataclass(frozen=True)
class Plan:
    """What to do, complete enough to repeat it. Options of a network or task are those of its constructor.

    `evaluate` is a way to resample ("kfold:5"; "" is chosen by the number of rows), `candidates` what a nested one
    chooses among beside the plan itself, such as "hidden=32 dropout=0.2". `groups` are the columns of the bias card.
    `transfer` is how `weights` (a published checkpoint, a run, a file) are used, `head` what answers on their features.
    """

    data: DataPlan
    network: str = ""
    network_options: Mapping[str, Any] = field(default_factory=dict)
    task: str = ""
    task_options: Mapping[str, Any] = field(default_factory=dict)
    transfer: str = ""
    weights: str = ""
    head: str = ""
    balance: str = "none"
    baselines: bool = True
    budget: float = BUDGET
    evaluate: str = ""
    candidates: tuple[str, ...] = ()
    ensemble: bool = False
    calibrate: str = "temperature"
    groups: tuple[str, ...] = ()
    robustness: bool = True
    check: bool = True
    recipe_options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the words. Raises UsageError with the nearest ones."""
        for name, known in (("balance", BALANCES), ("calibrate", CALIBRATIONS)):
            if getattr(self, name) not in known:
                raise UsageError(f"for --{name}, {unknown('way', str(getattr(self, name)), known)}")
        if self.transfer and self.transfer not in TRANSFERS:
            raise UsageError(f"for --transfer, {unknown('way', self.transfer, TRANSFERS)}")
        if not self.transfer and (self.weights or self.head):
            object.__setattr__(self, "transfer", "auto" if self.head in ("", "linear") else "extract")
        if self.transfer == "scratch" and self.weights:
            raise UsageError("--transfer scratch loads no weights. Leave out --weights, or choose another --transfer.")
        if self.head not in ("", "linear") and self.transfer not in ("extract", "auto"):
            raise UsageError(f"--head {self.head} stands on features that stay as they are. Type: --transfer extract")
        for name in ("candidates", "groups"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not math.isfinite(self.budget):
            raise UsageError(f"--budget is {self.budget}; it must be a number of seconds.")
        if self.evaluate:
            object.__setattr__(self, "evaluate", scheme_of(self.evaluate, self.data.group))

    @property
    def recipe(self) -> Recipe:
        """The recipe: what was wished for, and the usual values for the rest."""
        made: Recipe = make(Recipe, self.recipe_options, "")
        return made

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.to_toml())}</pre>"

    def to_toml(self) -> str:
        """Write the plan as TOML; what is None or empty is left out."""
        table = {
            "data": dataclasses.asdict(self.data),
            "network": {"name": self.network, **self.network_options},
            "task": {"name": self.task, "balance": self.balance, **self.task_options},
            "transfer": {name: getattr(self, name) or None for name in TRANSFER},
            "evaluation": {name: getattr(self, name) for name in EVALUATION},
            "recipe": self.recipe_options,
        }
        return tomli_w.dumps({k: without_none(v) for k, v in table.items()})

    @classmethod
    def from_toml(cls, text: str, name: str = "plan.toml") -> "Plan":
        """Read a plan. Raises DataError for what is not TOML, UsageError with the nearest name for unknown keys."""
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise DataError(f"{name} is not TOML: {error}.") from error
        known = ("data", "network", "task", "transfer", "evaluation", "recipe")
        for table in tables:
            if table not in known:
                raise UsageError(f"in {name} " + unknown("table", table, known))
            if not isinstance(tables[table], dict):
                raise UsageError(f"in {name} {table} = {tables[table]!r}: it must be a table, [{table}].")
        data, network, task, transfer, evaluation, recipe = (dict(tables.get(k, {})) for k in known)
        task_name, balance = task.pop("name", ""), task.pop("balance", "none")
        balance = "weights" if balance is True else balance or "none"  # as version 0.1.0 wrote it
        checked(transfer, TRANSFER, f"in {name}, [transfer]:")
        checked(evaluation, EVALUATION, f"in {name}, [evaluation]:")
        make(Recipe, recipe, f"in {name}, [recipe]:")
        return cls(
            data=make(DataPlan, data, f"in {name}, [data]:"),
            network=network.pop("name", ""),
            network_options=network,
            task=task_name,
            task_options=task,
            balance=balance,
            recipe_options=recipe,
            **transfer,
            **evaluation,
        )


def scheme_of(evaluate: str, group: str) -> str:
    """Return the full name of a way to evaluate. Raises UsageError where it needs a group and there is none."""
    scheme = str(folds.scheme(evaluate))
    if scheme == "leave-one-group-out" and not group:
        raise UsageError(f"--evaluate {scheme}: which column says the group? Type for example: --group speaker")
    return scheme


def plan(source: Any, target: str | tuple[str, ...] | None = None, **wishes: Any) -> Plan:
    """Look at the data and fill in everything that was not wished for. Nothing is trained or written."""
    first = wish(source, target, **wishes)
    return complete(first, load(source, first.data))


def wish(source: Any, target: str | tuple[str, ...] | None = None, **wishes: Any) -> Plan:
    """Sort wishes by name into data, recipe, network, task and evaluation, without looking at the data.

    Raises UsageError with the nearest names for a wish that nothing knows.
    """
    data, recipe, own = fields(DataPlan), fields(Recipe), fields(Plan) - {"data", "recipe_options"}
    loose = {k: v for k, v in wishes.items() if v is not None and k not in data | recipe | own}
    network, task = str(wishes.get("network") or ""), str(wishes.get("task") or "")
    network_options = dict(wishes.get("network_options") or {})
    task_options = dict(wishes.get("task_options") or {})
    for name in network_options.keys() & (options_of_tasks(task) - options_of_networks(network)):
        task_options[name] = network_options.pop(name)  # --option is of either
    for name, value in loose.items():
        if name in options_of_tasks(task):
            task_options[name] = value
        elif name in options_of_networks(network):
            network_options[name] = value
        else:
            known = data | recipe | own | options_of_tasks(task) | options_of_networks(network)
            raise UsageError(unknown("option", name, sorted(known - {"source"})))
    given = {k: v for k, v in wishes.items() if v is not None}
    targets = (target,) if isinstance(target, str) else tuple(target or ())
    place = str(Path(source).absolute()) if isinstance(source, str | Path) and Path(source).exists() else str(source)
    if given.get("annotations") and Path(given["annotations"]).exists():
        given["annotations"] = str(Path(given["annotations"]).absolute())
    chosen = {k: given[k] for k in sorted(recipe & given.keys())}
    make(Recipe, chosen, "")
    kept = {k: given[k] for k in own & given.keys() if k not in ("network_options", "task_options")}
    wished = Plan(
        data=make(
            DataPlan,
            {k: given[k] for k in data & given.keys() if k not in ("source", "target")}
            | {"source": place if isinstance(source, str | Path) else f"<{type(source).__name__}>", "target": targets},
            "",
        ),
        recipe_options=chosen,
        network_options=network_options,
        task_options=task_options,
        **kept,
    )
    if wished.transfer in ("", "scratch"):
        return wished
    lent = borrow(wished.weights, network)
    return replace(wished, weights=lent.name, data=dress(wished.data, lent))


def complete(plan: Plan, data: "Data") -> Plan:
    """Fill in what the data decide: task, network, and the recipe's batch size, epochs and penalties by its size."""
    task = plan.task or data.task
    if task not in TASKS:
        raise UsageError(unknown("task", task, TASKS))
    if task in READERS:
        check_special(plan, task)
    if plan.transfer:
        plan = with_network(plan, data, task)
    network = plan.network or guessed_network(data) or default(data.schema)
    if network not in NETWORKS:
        raise UsageError(unknown("network", network, NETWORKS))
    task_options = dict(plan.task_options)
    usual = guessed_recipe(data) | (guessed_head_recipe(data) if plan.transfer == "extract" else {})
    if network == "perceptron":  # its learning rule is gradient descent on its own loss, one example at a time
        task_options.setdefault("loss", "perceptron")
        usual |= {"optimizer": "stochastic-gradient-descent", "lr": 1.0, "schedule": "constant", "weight_decay": 0.0}
        usual |= {"batch_size": 1, "stop_loss": 0.0}
    network_options = {**guessed_network_options(network, data), **plan.network_options}
    wished = dict(plan.recipe_options)
    if "optimizer" in usual and wished.get("optimizer", usual["optimizer"]) != usual["optimizer"]:
        usual = {k: v for k, v in usual.items() if k not in ("lr", "options")}  # they were guessed for the other one
    if many_in_colour(data, task) and NETWORKS[network].sees and plan.transfer in ("", "scratch"):
        usual |= COLOUR_RECIPE if "optimizer" not in wished else {"epochs": COLOUR_RECIPE["epochs"]}
        if task_options.get("loss", "cross_entropy") == "cross_entropy":
            task_options.setdefault("label_smoothing", 0.1)
    implied = optimizers.find(plan.recipe.optimizer).batch_size
    if implied is not None:
        usual["batch_size"] = implied
    return replace(
        plan,
        task=task,
        network=network,
        network_options=network_options,
        task_options=task_options,
        evaluate=plan.evaluate or guessed_evaluation(plan, data),
        recipe_options=dataclasses.asdict(make(Recipe, usual | wished, "")),
    )


def with_network(plan: Plan, data: "Data", task: str) -> Plan:
    """Take the network that borrowed weights are of, where none is asked for; check that they have a place here."""
    if data.schema.image is None:
        raise UsageError(
            f"--transfer {plan.transfer} is for pictures, and {data.name} is a table: weights learnt from other "
            "columns mean nothing here. Leave --transfer, --weights and --head out."
        )
    if data.schema.located is not None and plan.transfer == "extract":
        raise UsageError(
            "--transfer extract gives one answer for each picture, and here places in it are learnt. "
            "Type: --transfer finetune"
        )
    if plan.head not in ("", "linear"):
        method(plan.head, task)
    if plan.transfer == "scratch":
        return plan
    how = "finetune" if plan.transfer == "auto" and data.schema.located is not None else plan.transfer
    lent = borrow(plan.weights, plan.network)
    network, options = seat(lent, plan.network, plan.network_options, data.schema)
    return replace(plan, transfer=how, network=network, network_options=options)


def check_special(plan: Plan, task: str) -> None:
    """Raise UsageError for what is asked of a task of `READERS` and only fits one answer for each example."""
    given = {
        f"--evaluate {plan.evaluate}": plan.evaluate not in ("", "holdout"),
        f"--balance {plan.balance}": plan.balance != "none" and task != "segmentation",
        "--ensemble": plan.ensemble,
        f"--groups {','.join(plan.groups)}": bool(plan.groups),
    }
    for option, wrong in given.items():
        if wrong:
            raise UsageError(
                f"{option} is for tasks with one label or number for each example, and this is {task}. Leave it out; "
                "the scores have intervals over the test examples as they are."
            )


def guessed_evaluation(plan: Plan, data: "Data") -> str:
    """Resample small data: one test part of them says too little. An official split, or one asked for, is kept to."""
    small = len(data.ids) < SMALL and not data.official and data.task not in READERS
    return "kfold:5" if small and not plan.data.split and not plan.data.fold else "holdout"


def make(kind: type, values: Mapping[str, Any], where: str) -> Any:
    """Build a record from a dict. Raises UsageError that names the field, what was given and what is allowed."""
    checked(values, sorted(fields(kind)), where)
    frozen = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    try:
        return kind(**frozen)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(p) for p in first["loc"]) or kind.__name__
        raise UsageError(f"{where} {name} = {first['input']!r}: {first['msg'].lower()}.".strip()) from error


def checked(values: Mapping[str, Any], known: Any, where: str) -> None:
    """Raise UsageError with the nearest names for a key that is not known."""
    for key in values:
        if key not in known:
            raise UsageError(f"{where} {unknown('option', key, known)}".strip())


def fields(kind: type) -> set[str]:
    """Return the names of a record's fields."""
    return {f.name for f in dataclasses.fields(kind)}


def options_of_networks(name: str) -> set[str]:
    """Return the options of one network, or of all of them."""
    rows = [NETWORKS[name]] if name in NETWORKS else list(NETWORKS.values())
    return {option for row in rows for option in row.options}


def options_of_tasks(name: str) -> set[str]:
    """Return the options of one task, or of all of them."""
    rows = [TASKS[name]] if name in TASKS else list(TASKS.values())
    return {option for row in rows for option in row.options}


def without_none(table: Any) -> Any:
    """Drop what is None or an empty container: TOML has no null."""
    if isinstance(table, Mapping):
        kept = {k: without_none(v) for k, v in table.items()}
        return {k: v for k, v in kept.items() if v is not None and v != {} and v != []}
    if isinstance(table, tuple | list):
        return [without_none(v) for v in table]
    return table
