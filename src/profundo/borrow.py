"""Where learnt weights come from: a published checkpoint by name, another run, or a file; and what they want."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from .data import DataPlan
from .data.cache import cache_folder
from .data.fetch import local
from .errors import UsageError, unknown
from .networks import NETWORKS, default
from .networks.weights import CHECKPOINTS, SUFFIXES, Checkpoint, arrays
from .pretrained import FOLDER, load_published
from .run import Run
from .schema import Category, Image, Schema

SMALLEST, LARGEST = 96, 160  # pixels of a side that are chosen from for published weights, where no size is asked for
BEST = "best.safetensors"


@dataclass(frozen=True, eq=False)
class Borrowed:
    """Weights of somebody else's training: the network they are of ("" where nobody says), and the pictures they want.

    `sizes` are the least and the most side of the pictures; `mean` and `std` are of each channel, of pixels in 0..1.
    `labels` are what the outputs mean. `tensors()` reads the file.
    """

    name: str
    tensors: Callable[[], Mapping[str, Tensor]] = field(repr=False)
    network: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


def borrow(weights: str, network: str = "") -> Borrowed:
    """Return the weights of a name, a run's folder or a file; for "", published ones that are at hand, never fetched.

    `network` is the one that is asked for, "" where none is. Raises UsageError where there are no such weights.
    """
    if not weights:
        return at_hand(network)
    path = Path(weights).expanduser()
    if weights in CHECKPOINTS and not path.exists():
        return published(CHECKPOINTS[weights])
    if path.is_dir():
        return of_run(path, BEST)
    if path.is_file():
        return of_file(path, network)
    if path.suffix in SUFFIXES or os.sep in weights:
        raise UsageError(f"the weights {weights} are not there. See that the path is right.")
    known = unknown("published weights", weights, CHECKPOINTS)
    raise UsageError(f"for --weights, {known} It may also be the folder of a run, or a {' or '.join(SUFFIXES)} file.")


def at_hand(network: str = "") -> Borrowed:
    """Return published weights whose file is on this machine, of that network where one is named."""
    here = [entry for entry in CHECKPOINTS.values() if is_here(entry)]
    own = [entry for entry in here if entry.network == network]
    if not here or (network in {entry.network for entry in CHECKPOINTS.values()} and not own):
        of = f" of {network}" if network else ""
        raise UsageError(
            f"there are no weights{of} on this machine to start from. Name some: --weights NAME (published: "
            f"{', '.join(CHECKPOINTS)}), --weights RUN, or --weights FILE."
        )
    return published((own or here)[0])


def is_here(entry: Checkpoint) -> bool:
    """Say whether the file of a checkpoint is on this machine."""
    return local((entry.file,)) is not None or (cache_folder(FOLDER) / entry.file).is_file()


def published(entry: Checkpoint) -> Borrowed:
    """Describe a published checkpoint."""
    most = min(entry.pixels, LARGEST)
    return Borrowed(
        entry.name,
        lambda: load_published(entry.name).state,
        entry.network,
        sizes=(min(SMALLEST, most), most),
        mean=entry.mean,
        std=entry.std,
    )


def of_run(folder: Path, name: str) -> Borrowed:
    """Describe the weights of a run. Raises DataError where the folder is not one."""
    run = Run.open(folder)
    table = dict(tomllib.loads(run.path("plan.toml").read_text(encoding="utf-8")).get("network", {}))
    schema = Schema.from_dict(run.read("schema.json"))
    if schema.image is None:
        raise UsageError(f"{folder} learnt from a table, and weights are borrowed from networks for pictures.")
    image: Image = schema.image
    square = image.height == image.width_pixels
    kinds = list(schema.targets.values())
    return Borrowed(
        str(folder.absolute()),
        lambda: run.load_weights(name),
        str(table.pop("name", "")),
        table,
        kinds[0].labels if len(kinds) == 1 and isinstance(kinds[0], Category) else (),
        sizes=(image.height, image.height) if square else (),
        mean=image.mean,
        std=image.std,
    )


def of_file(path: Path, network: str) -> Borrowed:
    """Describe the weights in a file: those of a run, a published one, or those of a network that has been named."""
    if path.suffix == ".safetensors" and (path.parent / "schema.json").is_file():
        return of_run(path.parent, path.name)
    for entry in CHECKPOINTS.values():
        if entry.file == path.name:
            return Borrowed(**{**vars(published(entry)), "name": str(path.absolute()), "tensors": lambda: arrays(path)})
    if not network:
        raise UsageError(f"nothing says which network the weights in {path} are of. Name it: --network NAME")
    return Borrowed(str(path.absolute()), lambda: arrays(path), network)


def dress(data: DataPlan, lent: Borrowed) -> DataPlan:
    """Ask for pictures as the weights want them: their size, where none is asked for, and their mean and std."""
    sizes = data.sizes or (lent.sizes if data.size is None else ())
    return replace(data, sizes=sizes, mean=data.mean or lent.mean, std=data.std or lent.std)


def seat(lent: Borrowed, network: str, options: Mapping[str, Any], schema: Schema) -> tuple[str, dict[str, Any]]:
    """Return the network that the weights go into, and its options: the one they are of, where none is asked for.

    A network that says where things are gets it as its backbone.
    """
    row = NETWORKS.get(network or default(schema))
    if schema.located is not None and row is not None:
        own = {"backbone": lent.network, **lent.options} if lent.network in NETWORKS else {}
        return row.name, {name: v for name, v in own.items() if name in row.options} | dict(options)
    name = network or lent.network or default(schema)
    return name, (dict(lent.options) if name == lent.network else {}) | dict(options)
