"""From a name and a schema to a network, and from a network to the table of its layers."""

from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UsageError, unknown
from ..schema import Boxes, Schema
from . import (
    autoencoder,
    bag,
    conv1d,
    conv3d,
    dense_forecaster,
    dlinear,
    faster_rcnn,
    fcn,
    linear,
    localiser,
    mask_rcnn,
    matrix_factorisation,
    mlp,
    next_step,
    one_stage,
    pen,
    perceptron,
    rcnn,
    recurrent,
    recurrent_forecaster,
    seq2seq,
    skip_gram,
    speaker,
    unet,
    video_lstm,
    zoo,
)
from .cells import Cell
from .initialise import INITIALISATIONS, initialise
from .network import Network, evaluating

NETWORKS: dict[str, Network] = {
    **perceptron.NETWORKS,
    **linear.NETWORKS,
    **mlp.NETWORKS,
    **zoo.NETWORKS,
    **fcn.NETWORKS,
    **unet.NETWORKS,
    **rcnn.NETWORKS,
    **faster_rcnn.NETWORKS,
    **mask_rcnn.NETWORKS,
    **localiser.NETWORKS,
    **one_stage.NETWORKS,
    **speaker.NETWORKS,
    **recurrent.NETWORKS,
    **skip_gram.NETWORKS,
    **bag.NETWORKS,
    **dlinear.NETWORKS,
    **dense_forecaster.NETWORKS,
    **recurrent_forecaster.NETWORKS,
    **autoencoder.NETWORKS,
    **next_step.NETWORKS,
    **matrix_factorisation.NETWORKS,
    **video_lstm.NETWORKS,
    **conv1d.NETWORKS,
    **conv3d.NETWORKS,
    **pen.NETWORKS,
    **seq2seq.NETWORKS,
}
FOUND = {"image": "pictures ({}, {}, {})", "table": "a table of {} columns"}
SPOKEN = {
    "any": "tables or images",
    "table": "tables",
    "image": "images",
    "tokens": "text",
    "audio": "sounds",
    "video": "clips",
    "strokes": "drawings",
    "sequence": "sequences",
}
DEFAULTS = {  # (what the data are, what is to be learnt): the network; "" is anything
    ("image", "scores"): "convnet",
    ("table", "scores"): "mlp",
    ("tokens", "scores"): "bag",
    ("series", "scores"): "lstm",
    ("strokes", "scores"): "lstm",
    ("audio", "scores"): "convnet",
    ("video", "scores"): "video_lstm",
    ("", "masks"): "unet",
    ("", "boxes"): "one_stage",
    ("", "next"): "lstm",
    ("", "vectors"): "skip_gram",
    ("", "text"): "seq2seq",
    ("", "forecast"): "dlinear",
    ("", "strokes"): "pen",
    ("", "sound"): "speaker",
    ("series", "reconstruction"): "next_step",
    ("", "reconstruction"): "autoencoder",
}
EVERY_NETWORK = {"initialisation": "how the weights start: " + ", ".join(INITIALISATIONS)}


def build(
    name: str,
    schema: Schema,
    *,
    seed: int = 0,
    initialisation: str = "default",
    x: Tensor | None = None,
    **options: Any,
) -> nn.Module:
    """Build a network for a schema; the same seed gives the same weights, and the global generators are not touched.

    `x` is a batch, which initialisation="lsuv" needs. Raises UsageError for an unknown name or option, with the nearest
    ones, and for a network that does not take such data.
    """
    network = find(name)
    for option in options.keys() - network.options.keys():
        raise UsageError(unknown(f"option of {name}", option, [*network.options, *EVERY_NETWORK]))
    check_takes(network, schema)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        made = network.make(schema, **options)
    initialise(made, initialisation, seed=seed, x=x)
    return made


def find(name: str) -> Network:
    """Return the row of a network. Raises UsageError with the nearest names."""
    if name not in NETWORKS:
        raise UsageError(unknown("network", name, NETWORKS))
    return NETWORKS[name]


def check_takes(network: Network, schema: Schema) -> None:
    """Raise UsageError where the network does not take such data, or where there is nothing to predict."""
    found = FOUND.get(schema.takes, f"{schema.takes} {schema.shape}").format(*schema.shape)
    if not network.fits(schema.takes):
        words = next((name for name in schema.tokens if network.fits("table")), "")
        raise UsageError(
            f"{network.name} takes {spoken(network.takes)}, and the data are {found}. "
            f"Use {default(schema)}, or leave the network out."
            + (f" Or count the words of {words}: --kind {words}=text" if words else "")
        )
    if schema.gives not in network.gives.split("|"):
        raise UsageError(
            f"{network.name} gives {spoken(network.gives)}, and what is to be learnt is {schema.gives}. "
            f"Use {default(schema)}, or leave the network out."
        )
    if 0 in schema.shape and (schema.inputs or schema.gives == "scores"):
        raise UsageError(f"there is nothing to learn from: the shape of x is {schema.shape}.")


def default(schema: Schema) -> str:
    """Return the name of the network that is used when none is named."""
    match schema.located:
        case Boxes(single=True):
            return "localiser"
        case Boxes(masks=True):
            return "mask_rcnn"
    takes, gives = schema.takes, schema.gives
    if gives == "scores" and any(kind.unit == "bases" for kind in schema.tokens.values()):
        return "conv1d"
    return DEFAULTS.get((takes, gives)) or DEFAULTS.get(("", gives)) or "mlp"


def spoken(words: str) -> str:
    """Write what a network takes or gives as words: "image|audio" is "images or sounds"."""
    return " or ".join(SPOKEN.get(word, word) for word in words.split("|"))


def describe(network: nn.Module, schema: Schema) -> list[dict[str, Any]]:
    """Return a row for each layer in the order in which x meets them: name, type, shape, parameters.

    `shape` is that of the output of one example (of what a recurrent cell says at each step), None where the output is
    not one tensor. A layer that is met twice has two rows, and its parameters count in the first.
    """
    rows: list[dict[str, Any]] = []
    seen: set[nn.Module] = set()

    def hook(name: str) -> Any:
        def note(layer: nn.Module, inputs: Any, output: Any) -> None:
            said = output[0] if isinstance(layer, Cell) else output
            shape = list(said.shape[1:]) if isinstance(said, Tensor) else None
            own = 0 if layer in seen else sum(p.numel() for p in layer.parameters(recurse=False))
            seen.add(layer)
            rows.append({"name": name, "type": type(layer).__name__, "shape": shape, "parameters": own})

        return note

    layers = [(n, m) for n, m in network.named_modules() if not list(m.children()) or list(m.parameters(recurse=False))]
    hooks = [layer.register_forward_hook(hook(name)) for name, layer in layers]
    parameter = next(network.parameters(), None)
    try:
        with evaluating(network), torch.no_grad():
            look = getattr(network, "first_step", network)  # a network that writes does the same at every step
            look(torch.zeros(1, *schema.shape, device=None if parameter is None else parameter.device))
    finally:
        for handle in hooks:
            handle.remove()
    return rows
