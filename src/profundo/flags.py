"""Every wish as an option of the command line, written once, and the way from the options to a Plan.

Nothing is imported here but typer: `profundo --help` answers at once.
"""

import csv
import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, TypeVar, get_type_hints

import typer

from .errors import UsageError
from .typed import literal

if TYPE_CHECKING:
    from .plan import Plan

Command = TypeVar("Command", bound=Callable[..., None])
Texts = list[str] | None
UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}


def panel(title: str) -> Callable[..., Any]:
    """Return a maker of options that stand under a title in the help."""
    return partial(typer.Option, rich_help_panel=title, show_default=False)


DATA, NETWORK, TRAINING = panel("Data"), panel("Network"), panel("Training")
SEQUENCES = panel("Text, series, sound, video")
STOPPING, EVALUATION = panel("Stopping"), panel("Evaluation")


class DataFlags(TypedDict, total=False):
    """What is asked of the data: the fields of DataPlan."""

    target: Annotated[
        Texts, DATA("--target", "-t", help="column to predict; several: repeat it, or A,B", metavar="COLUMN")
    ]
    task: Annotated[str | None, DATA(help="classification, regression, multilabel ... (profundo tasks)")]
    kind: Annotated[Texts, DATA(help="what a column is: number category date text tokens image", metavar="COL=KIND")]
    keep: Annotated[Texts, DATA(help="use a column that would be left out", metavar="COLUMN")]
    drop: Annotated[Texts, DATA(help="leave a column out", metavar="COLUMN")]
    derive: Annotated[Texts, DATA(help="new columns from numbers: x1^2, x1*x2, sin(x1), log([a b])", metavar="FORMULA")]
    noise: Annotated[float | None, DATA(help="of a made set (circle, spiral ...): 0 to 0.5")]
    draw: Annotated[int | None, DATA(help="of a made set: another drawing of it (0)", min=0)]
    split: Annotated[str | None, DATA(help="shares 70/15/15, a column that says the part, ...")]
    group: Annotated[str | None, DATA(help="rows with the same value stay in one part", metavar="COLUMN")]
    time: Annotated[str | None, DATA(help="train on the past, test on the future", metavar="COLUMN")]
    rows: Annotated[int | None, DATA(help="read a random sample of so many rows")]
    size: Annotated[int | None, DATA(help="the side of the pictures, in pixels")]
    annotations: Annotated[
        str | None, DATA(help="where things are: COCO or CSV file, folder of VOC, YOLO or masks", metavar="PATH")
    ]
    bad_annotations: Annotated[str | None, DATA(help="those that are wrong: few (skip up to 1 %), refuse or skip")]
    tokens: Annotated[str | None, SEQUENCES(help="what text is cut into: words, characters, bytes, bpe, bases")]
    vocabulary: Annotated[int | None, SEQUENCES(help="how many different words at most")]
    longest: Annotated[int | None, SEQUENCES(help="how many words of a text are kept")]
    letters: Annotated[int | None, SEQUENCES(help="of a gene that make one base: k of the k-mers (1)")]
    strands: Annotated[str | None, SEQUENCES(help="read genes from one end, or from both")]
    forecast: Annotated[Texts, SEQUENCES(help="columns whose future is predicted, with --time", metavar="COLUMN")]
    horizon: Annotated[str | None, SEQUENCES(help="steps ahead: 24, or 24h", metavar="STEPS")]
    context: Annotated[str | None, SEQUENCES(help="steps behind that are looked at", metavar="STEPS")]
    known: Annotated[Texts, SEQUENCES(help="columns whose future is known", metavar="COLUMN")]
    series: Annotated[str | None, SEQUENCES(help="column that says which series a row is of", metavar="COLUMN")]
    rate: Annotated[float | None, SEQUENCES(help="samples of sounds, or frames of clips, a second")]
    seconds: Annotated[float | None, SEQUENCES(help="how much of each sound or clip is kept")]
    mels: Annotated[int | None, SEQUENCES(help="bands of the spectrogram of sounds (64)")]
    user: Annotated[str | None, SEQUENCES(help="of ratings: who", metavar="COLUMN")]
    item: Annotated[str | None, SEQUENCES(help="of ratings: what", metavar="COLUMN")]
    normal: Annotated[str | None, SEQUENCES(help="of anomalies: the label of the target that is none")]
    augment: Annotated[str | None, DATA(help="random changes of training pictures: auto, none, flip+crop+colour:0.4")]
    without: Annotated[str | None, DATA(help="rows to leave out, or a file of their numbers", metavar="3,17|FILE")]
    copies: Annotated[str | None, DATA(help="rows that are copies: keep, together (in one part) or drop")]
    fold: Annotated[str | None, DATA(help="one round of a resampling, such as kfold:5/2", hidden=True)]
    seed: Annotated[int | None, DATA(help="of the split, the first weights and the order (0)", min=0, max=2**63 - 1)]


class NetworkFlags(TypedDict, total=False):
    """Which network, and the options of its constructor."""

    network: Annotated[str | None, NETWORK("--network", "-n", help="its name (profundo networks)")]
    hidden: Annotated[str | None, NETWORK(help="widths of the hidden layers", metavar="128,64")]
    activation: Annotated[str | None, NETWORK(help="relu, gelu, tanh, sigmoid ...")]
    dropout: Annotated[float | None, NETWORK(help="share of units silenced while training")]
    normalisation: Annotated[str | None, NETWORK(help="none, batch or layer")]
    initialisation: Annotated[str | None, NETWORK(help="zeros, normal, glorot, he, orthogonal, lsuv")]
    width: Annotated[int | None, NETWORK(help="maps of the first stage of a convolutional network")]
    transfer: Annotated[
        str | None, NETWORK(help="use learnt weights: extract, finetune, init, scratch (none), auto (race them)")
    ]
    weights: Annotated[
        str | None, NETWORK(help="a published checkpoint, a run, or .safetensors/.npz", metavar="NAME|RUN|FILE")
    ]
    head: Annotated[
        str | None, NETWORK(help="on extracted features: linear, svm, logistic, knn, forest, any of scikit-learn")
    ]
    option: Annotated[Texts, NETWORK(help="any other option of the network", metavar="NAME=VALUE")]


class TrainingFlags(TypedDict, total=False):
    """How to train: the fields of Recipe and the options of the task."""

    epochs: Annotated[int | None, TRAINING("--epochs", "-e", help="passes over the training part")]
    steps: Annotated[int | None, TRAINING(help="batches to learn from, in place of --epochs")]
    batch_size: Annotated[int | None, TRAINING("--batch-size", "-b", help="examples a step; 0 is all of them")]
    optimizer: Annotated[str | None, TRAINING(help="adamw, muon, adam, sgd, momentum, nesterov ...")]
    optimizer_option: Annotated[
        Texts,
        TRAINING(help="such as momentum=0.95", metavar="NAME=VALUE"),
    ]
    lr: Annotated[float | None, TRAINING(help="learning rate; without it, it is found by a range test")]
    lr_at: Annotated[Texts, TRAINING(help="another learning rate from a step on, such as 320=0.003", metavar="STEP=LR")]
    schedule: Annotated[str | None, TRAINING(help="one-cycle, linear, cosine, step or constant")]
    l1: Annotated[float | None, TRAINING(help="penalty on the sum of |w|")]
    l2: Annotated[float | None, TRAINING(help="penalty on the sum of w² / 2")]
    weight_decay: Annotated[float | None, TRAINING(help="shrink the weights by lr x this a step")]
    clip: Annotated[float | None, TRAINING(help="largest norm of the gradient")]
    accumulate: Annotated[int | None, TRAINING(help="cut each batch into so many pieces to save memory")]
    average: Annotated[
        float | None, TRAINING(help="decay of the running average of the weights, such as 0.999; 0: none")
    ]
    loss: Annotated[str | None, TRAINING(help="of the task (profundo tasks)")]
    false_alarms: Annotated[float | None, TRAINING(help="of anomalies: share of usual rows that may be called odd")]
    clusters: Annotated[int | None, TRAINING(help="how many clusters; without it, it is chosen")]
    label_smoothing: Annotated[float | None, TRAINING(help="share of the target spread over all labels")]
    balance: Annotated[
        str | None,
        TRAINING(help="rare labels count more: auto, weights, resample, focal, threshold, none", metavar="[HOW]"),
    ]
    device: Annotated[str | None, TRAINING(help="auto, cpu, cuda, cuda:1, mps")]
    threads: Annotated[int | None, TRAINING(help="of the processor; 0 chooses")]
    precision: Annotated[str | None, TRAINING(help="auto, float32 or bfloat16")]
    compile: Annotated[bool | None, TRAINING("--compile/--no-compile", help="let PyTorch compile the network")]
    restore_best: Annotated[
        bool | None,
        TRAINING("--restore-best/--no-restore-best", help="keep the weights of the lowest validation loss (on)"),
    ]
    save_every: Annotated[float | None, TRAINING(help="seconds between two resume points (10)")]


class StoppingFlags(TypedDict, total=False):
    """When to stop before the last epoch."""

    stop_loss: Annotated[float | None, STOPPING(help="when the validation loss is that small")]
    patience: Annotated[int | None, STOPPING(help="when the training loss has not fallen for so many epochs")]
    overfit: Annotated[int | None, STOPPING(help="when the validation loss has been rising for so many epochs")]
    time_limit: Annotated[str | None, STOPPING(help="such as 90, 90s, 5m or 1h", metavar="TIME")]


class EvaluationFlags(TypedDict, total=False):
    """How sure the scores are, and what stands beside them."""

    evaluate: Annotated[
        str | None,
        EVALUATION(
            help="holdout repeated:10 kfold:5 nested:5x3 loo leave-one-group-out 5x2 bootstrap .632 .632+",
            metavar="HOW",
        ),
    ]
    candidate: Annotated[
        Texts, EVALUATION(help="options that a nested one chooses among, such as 'hidden=32 dropout=0.2'")
    ]
    ensemble: Annotated[
        bool | None, EVALUATION("--ensemble/--no-ensemble", help="let the network and the baselines answer together")
    ]
    calibrate: Annotated[str | None, EVALUATION(help="the probabilities by: temperature, isotonic, none")]
    groups: Annotated[Texts, EVALUATION(help="scores for each group: sex,race", metavar="COLUMN")]
    robustness: Annotated[
        bool | None, EVALUATION("--robustness/--no-robustness", help="seven difficulties of pictures (on)")
    ]
    check: Annotated[bool | None, EVALUATION("--check/--no-check", help="look for faults in the data first (on)")]

    baselines: Annotated[
        bool | None, EVALUATION("--baselines/--no-baselines", help="scikit-learn's methods beside it (on)")
    ]
    budget: Annotated[float | None, EVALUATION(help="seconds for all the baselines together (30)", min=0)]


WISHES = (DataFlags, NetworkFlags, TrainingFlags, StoppingFlags, EvaluationFlags)


def takes(*groups: Any) -> Callable[[Command], Command]:
    """Give a command the options of these groups in place of its `**flags`."""

    def extend(command: Command) -> Command:
        signature = inspect.signature(command)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        more = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
            for group in groups
            for name, hint in get_type_hints(group, include_extras=True).items()
        ]
        command.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
        return command

    return extend


HOW = ("auto", "weights", "resample", "focal", "threshold", "none")


def spelled_out(arguments: Sequence[str]) -> list[str]:
    """Return typed arguments with a bare `--balance` written as `--balance=auto`: typer has no optional values."""
    after = [*arguments[1:], ""][: len(arguments)]
    return ["--balance=auto" if a == "--balance" and b not in HOW else a for a, b in zip(arguments, after, strict=True)]


def wishes(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the flags that were given as wishes: the names and values that `profundo.train` takes."""
    given = {name: value for name, value in flags.items() if value is not None and value != []}
    for name, value in given.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageError(f"--{name.replace('_', '-')} is {value}; it must be a finite number.")
    for name in given.keys() & {"target", "keep", "drop", "groups", "forecast", "known", "derive"}:
        given[name] = names(given[name])
    if "kind" in given:
        given["kinds"] = pairs(given.pop("kind"), "--kind")
    for name, read in (("hidden", whole_numbers), ("time_limit", seconds)):
        if name in given:
            given[name] = read(given[name], f"--{name.replace('_', '-')}")
    for name, wish in (("optimizer_option", "options"), ("lr_at", "lr_at")):
        if name in given:
            flag = f"--{name.replace('_', '-')}"
            given[wish] = {k: number(v, k) for k, v in pairs(given.pop(name), flag).items()}
    if "candidate" in given:
        given["candidates"] = tuple(given.pop("candidate"))
    own = own_options(given)
    return given | ({"network_options": own} if own else {})


def own_options(given: dict[str, Any]) -> dict[str, Any]:
    """Take the options of the network or the task alone out of the wishes."""
    own = {k: literal(v) for k, v in pairs(given.pop("option", []), "--option").items()}
    return own | ({"initialisation": given.pop("initialisation")} if "initialisation" in given else {})


def names(values: Iterable[str]) -> tuple[str, ...]:
    """Split "a,b" at its commas; a name that holds one stands in double quotes, as in CSV."""
    return tuple(name.strip() for value in values for row in csv.reader([value]) for name in row if name.strip())


def pairs(values: Iterable[str], flag: str) -> dict[str, str]:
    """Read NAME=VALUE texts. The last "=" counts, so that a name may hold others."""
    found = {}
    for value in values:
        name, equals, text = value.rpartition("=")
        if not equals or not name.strip() or not text.strip():
            raise UsageError(f"{flag} {value!r} is not NAME=VALUE. Type for example: {flag} {name or value}=...")
        found[name.strip()] = text.strip()
    return found


def whole_numbers(text: str, flag: str) -> list[int]:
    """Read "128,64"; "none" and "" are no number at all."""
    if text.strip().lower() in ("", "none"):
        return []
    try:
        return [int(part) for part in re.split(r"[,\s]+", text.strip(" ,[]()"))]
    except ValueError as error:
        raise UsageError(f"{flag} {text!r} is not a list of whole numbers. Type for example: {flag} 128,64") from error


def seconds(text: str, flag: str) -> float:
    """Read a time: 90, 90s, 5m, 1.5h."""
    match = re.fullmatch(r"([\d.]+)\s*([a-z]*)", text.strip().lower())
    if match is None or match[2] not in UNITS or match[1].count(".") > 1 or match[1] == ".":
        raise UsageError(f"{flag} {text!r} is not a time. Type for example: {flag} 90s, {flag} 5m or {flag} 1h")
    return float(match[1]) * UNITS[match[2]]


def number(text: str, name: str) -> float:
    """Read the number of NAME=NUMBER."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{name}={text} is not a number. Type for example: {name}=0.9")
    return value


def planned(source: str | None, file: str | None, given: Mapping[str, Any]) -> "Plan":
    """Return the plan that was asked for: that of the file, where there is one, with the options put over it."""
    from .plan import Plan, wish

    target = given.get("target")
    options = {name: value for name, value in given.items() if name != "target"}
    if file is None:
        if source is None:
            raise UsageError(
                "what is there to learn from? Type: profundo train SOURCE, for example profundo train digits"
            )
        return wish(source, target, **options)
    path = Path(file)
    stored = Plan.from_toml(path.read_text(encoding="utf-8", errors="replace"), str(path))
    place = source or beside(stored.data.source, path)
    if not place:
        raise UsageError(f"{file} names no source. Type: profundo train SOURCE --plan {file}")
    names = {"network": stored.network or None, "task": stored.task or None}
    if given.get("transfer", "scratch") != "scratch":
        names["weights"] = stored.weights or None
    return overrule(stored, wish(place, target or stored.data.target, **{**names, **options}), given)


def beside(source: str, file: Path) -> str:
    """Return the source that a plan names; a relative path is relative to the plan's own folder."""
    near = file.parent / source
    return str(near.absolute()) if source and not Path(source).is_absolute() and near.exists() else source


def overrule(stored: "Plan", wished: "Plan", given: Mapping[str, Any]) -> "Plan":
    """Put what was wished for over a stored plan. Options of another network, task or optimiser are dropped."""
    from .plan import EVALUATION, TRANSFER

    own = {f.name for f in fields(stored.data)} & given.keys()
    if given.keys() & {"transfer", "weights"}:
        own |= {"sizes", "mean", "std"}  # other weights want other pictures
    data = {name: getattr(wished.data, name) for name in (own | {"source", "target"})}
    if "kinds" in own:
        data["kinds"] = {**stored.data.kinds, **wished.data.kinds}
    old_recipe = {k: v for k, v in stored.recipe_options.items() if k != "steps" or "epochs" not in given}
    if "optimizer" in given and given["optimizer"] != old_recipe.get("optimizer"):
        for name in ("options", "lr"):
            old_recipe.pop(name, None)
    kept = {name: getattr(stored, name) for name in ("balance", *TRANSFER, *EVALUATION) if name not in given}
    if wished.transfer == "scratch":
        kept |= {"weights": "", "head": ""}
    same_network, same_task = wished.network == stored.network, wished.task == stored.task
    return replace(
        wished,
        data=replace(stored.data, **data),
        network_options={**(stored.network_options if same_network else {}), **wished.network_options},
        task_options={**(stored.task_options if same_task else {}), **wished.task_options},
        recipe_options={**old_recipe, **wished.recipe_options},
        **kept,
    )
