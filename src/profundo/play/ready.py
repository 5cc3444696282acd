"""The message "ready": what was made, the data and the network. Its shape is told in `profundo.play`."""

import dataclasses
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from ..data.dataset import SPLITS
from ..networks import describe
from ..schema import Category, Image, Number
from .chain import activation_name
from .game import Game
from .units import SHOWN, shown
from .view import View

THUMBNAIL = 32  # pixels of the longer side
BEGINNING = 80  # characters of a text
Message = tuple[dict[str, Any], dict[str, np.ndarray]]


def ready(game: Game, view: View) -> Message:
    """Tell what was made: the data and the network."""
    data, plan, examples = game.data, game.plan, view.examples
    target, kind = next(iter(data.schema.targets.items()))
    number = isinstance(kind, Number)
    options = {k: v for k, v in plan.recipe_options.items() if k != "epochs"}
    header = {
        "kind": "ready",
        "source": game.source,
        "name": data.name,
        "task": plan.task,
        "main": "mae" if number else "accuracy",
        "lower": number,
        "target": target,
        "classes": None if number else list(data.schema.labels),
        "outcome": outcome(game),
        "columns": columns(view),
        **described(game),
        "chain": bool(game.layers),
        "counts": {split: len(data.splits.get(split, ())) for split in SPLITS},
        "measured": examples.counts,
        "parameters": sum(p.numel() for p in game.network.parameters()),
        "batch_size": game.loop.size,
        "batches": game.loop.an_epoch,
        "lr": game.lr,
        "plan": dataclasses.replace(plan, recipe_options=options).to_toml(),
        "wishes": chosen(game),
        "notes": [{"text": n.text, "flag": n.flag, "warning": n.warning} for n in data.notes],
        "projected": view.plane is None,
    }
    part = np.concatenate([np.full(n, i, np.uint8) for i, n in enumerate(examples.counts.values())])
    planes = {
        "ids": examples.batch.ids.cpu().numpy().astype(np.int32),
        "part": part,
        "truth": in_units(game, examples.batch.y.cpu().numpy()),
    }
    return header | texts(view), planes | thumbnails(view)


def chosen(game: Game) -> dict[str, Any]:
    """Return the wishes with what they leave to the usual: the loss, and how the weights start."""
    own = dict(game.wishes.get("network_options", {}))
    usual = {"initialisation": "default", "loss": getattr(game.task, "loss", "")}
    return {**usual, **own, **{k: v for k, v in game.wishes.items() if k != "network_options"}}


def in_units(game: Game, y: np.ndarray) -> np.ndarray:
    """Return codes, or numbers in the data's own units (n,) float32."""
    kind = next(iter(game.data.schema.targets.values()))
    return (y * kind.scale + kind.center if isinstance(kind, Number) else y).astype(np.float32)


def outcome(game: Game) -> list[float] | None:
    """Return the least and the most of the number that is predicted, over the training part; None for labels.

    Where about as many are below 0 as above, the ends are as far from it: 0 is the middle of the colours.
    """
    if not isinstance(next(iter(game.data.schema.targets.values())), Number):
        return None
    values = in_units(game, game.data.y[game.data.positions("train")].cpu().numpy())
    low, high = float(values.min()), float(values.max())
    around = 0.25 < float((values < 0).mean()) < 0.75
    return [-max(-low, high), max(-low, high)] if around else [low, high]


def columns(view: View) -> list[dict[str, Any]]:
    """Describe the columns that inputs are made of, and those that are made of others by a formula."""
    found: dict[str, dict[str, Any]] = {
        axis.name: {
            "name": axis.name,
            "kind": "category" if axis.labels else "number",
            "low": axis.low,
            "high": axis.high,
            "labels": list(axis.labels) or None,
            "formula": None,
            "axis": True,
        }
        for axis in view.game.axes
    }
    for name, kind in view.game.data.schema.inputs.items():
        formula = (kind.formula or None) if isinstance(kind, Number) else None
        labels = list(kind.labels) if isinstance(kind, Category) else None
        plain = {"low": None, "high": None, "labels": labels, "formula": formula, "axis": False}
        found.setdefault(name, {"name": name, "kind": kind.name, **plain})
    return list(found.values())


def described(game: Game) -> dict[str, Any]:
    """Describe the inputs and the layers of the network."""
    schema, classes = game.data.schema, None
    if not isinstance(next(iter(schema.targets.values())), Number):
        classes = list(schema.labels)
    if not game.layers:
        rows = [row for row in describe(game.network, schema) if row["shape"] is not None]
        layers = [
            {"name": r["name"], "type": r["type"], "units": r["shape"][0] if r["shape"] else 1, "names": None}
            | {"shown": 0, "activation": None, "shape": r["shape"], "weights": r["parameters"] > 0}
            for r in rows
        ]
        return {"inputs": {"names": None, "units": int(np.prod(schema.shape)), "shown": 0}, "layers": layers}
    first, last = game.layers[0].linear, game.layers[-1]
    names = schema.features if schema.image is None and len(schema.features) == first.in_features else None
    inputs = {"names": names and names[:SHOWN], "units": first.in_features, "shown": min(first.in_features, SHOWN)}
    layers = [
        {
            "name": layer.name,
            "type": "Linear",
            "units": layer.linear.out_features,
            "names": (classes or list(schema.targets)) if layer is last else None,
            "shown": shown(layer),
            "activation": activation_name(layer.activation),
            "shape": [layer.linear.out_features],
            "weights": True,
        }
        for layer in game.layers
    ]
    return {"inputs": inputs, "layers": layers}


def texts(view: View) -> dict[str, Any]:
    """Return how the examples begin, where they are texts."""
    data = view.game.data
    name = next((name for name in data.schema.tokens if data.frame is not None and name in data.frame.columns), None)
    if name is None or data.frame is None:
        return {}
    return {"texts": [str(t)[:BEGINNING] for t in data.frame[name].iloc[view.examples.positions.numpy()]]}


def thumbnails(view: View) -> dict[str, np.ndarray]:
    """Return the examples as small pictures, where they are pictures."""
    data = view.game.data
    image = data.schema.image
    if not isinstance(image, Image):
        return {}
    pixels = data.x[view.examples.positions][:, :3].float()
    longest = max(image.height, image.width_pixels)
    if longest > THUMBNAIL:
        height, width = (max(1, round(side * THUMBNAIL / longest)) for side in (image.height, image.width_pixels))
        pixels = F.adaptive_avg_pool2d(pixels, (height, width))
    if pixels.shape[1] == 2:
        pixels = pixels[:, :1]
    return {"thumbnails": pixels.round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()}
