"""The message "frame": how a network in training stands, in one forward pass. Its shape is told in `profundo.play`."""

import time
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..data.dataset import SPLITS
from .game import Game
from .history import History
from .measures import measure
from .projection import features
from .ready import Message, described, in_units, outcome
from .units import SHOWN, drawn, filters, lines, outputs, weights_of
from .view import View

REFRESHED = 0.5  # seconds after which the basis of a projection is turned to the data's own


class Camera:
    """Takes the frames of one game, and keeps its history."""

    def __init__(self, game: Game) -> None:
        self.game, self.history = game, History()
        self.ends = outcome(game)
        self.weighted = [game.network.get_submodule(r["name"]) for r in described(game)["layers"] if r["weights"]]
        self.turned = 0.0
        self.clock: tuple[float, int] = (0.0, 0)  # learning seconds and step of the frame before

    @torch.no_grad()
    def frame(self, view: View, *, running: bool) -> Message:
        """Look at the network: one forward pass for the surface, the units' maps and the losses."""
        game, planes = self.game, dict[str, np.ndarray]()
        heard, parts = None, []
        if view.plane is None:
            heard, output = features(game.network, view.x)
        else:
            parts = [p.cpu() for p in outputs(game.network, game.layers, view.x)]
            output = parts[-1]
        output = output.float().cpu()
        of_examples = output[view.maps.stop :]
        means = measure(game.task, view.examples, of_examples, game.data)
        self.history.add(
            [game.step, *(of(means, s, "loss") for s in SPLITS), *(of(means, s, "score") for s in SPLITS[::2])]
        )
        limits: list[float] = []
        if heard is not None:
            planes |= {"points": self.points(view, heard), "answer": self.answers(of_examples)}
        else:
            planes |= self.surface(output[view.surface], view.grid)
            if view.alone and self.ends is not None:
                planes["curve"] = in_units(game, output[: view.grid, 0].numpy())
        if game.layers and heard is None:
            planes["maps"], limits = drawn(torch.cat([p[view.maps, :SHOWN] for p in parts], 1), view.units)
            if view.unit is not None:
                layer, index = view.unit
                large, limit = drawn(parts[layer][view.surface, index : index + 1], view.grid)
                planes["large"], limits = large[0], [*limits, *limit]
        if game.layers:
            planes["weights"] = lines(weights_of(game.layers))
        if game.data.schema.image is not None and (found := filters(game.network, game.data.schema.shape)) is not None:
            planes["filters"] = found
        header = {
            "kind": "frame",
            "step": game.step,
            "epoch": game.epoch,
            "lr": game.lr,
            "running": running,
            "seconds": game.seconds,
            "stopped": game.stopped,
            "speed": self.speed(),
            **means,
            "gradients": self.gradients(),
            "limits": limits,
        }
        return header, planes | {"history": self.history.table()}

    def surface(self, output: Tensor, grid: int) -> dict[str, np.ndarray]:
        """Return what is answered at every pixel of the plane."""
        if self.ends is not None:
            low, high = self.ends
            values = in_units(self.game, output[:, 0].numpy())
            return {"surface": pixels((values - low) / max(high - low, 1e-12), grid)}
        scores = self.scores(output)
        if scores.shape[1] == 2:
            return {"surface": pixels((scores[:, 1] - scores[:, 0]).sigmoid().numpy(), grid)}
        likeliest = scores.softmax(1).max(1)
        label = likeliest.indices.clamp(max=255).to(torch.uint8).reshape(grid, grid).numpy()
        return {"surface": pixels(likeliest.values.numpy(), grid), "label": label}

    def scores(self, output: Tensor) -> Tensor:
        """Return the scores of the labels (n, labels)."""
        task: Any = self.game.task
        found: Tensor = task.scores(output)
        return found

    def points(self, view: View, heard: Tensor) -> np.ndarray:
        """Return where the examples stand in the projection of the last hidden layer."""
        projection = view.projection
        if projection.basis is None or time.monotonic() - self.turned > REFRESHED:
            projection.refresh(heard)
            self.turned = time.monotonic()
        return projection.place(heard)

    def answers(self, output: Tensor) -> np.ndarray:
        """Return the code that is said of every example, or the number."""
        if self.ends is not None:
            return in_units(self.game, output[:, 0].numpy())
        return self.scores(output).argmax(1).float().numpy()

    def speed(self) -> float:
        """Return how many steps a second were learnt since the frame before."""
        seconds, step = self.game.seconds - self.clock[0], self.game.step - self.clock[1]
        self.clock = (self.game.seconds, self.game.step)
        return step / seconds if seconds > 0 and step else 0.0

    def gradients(self) -> list[float | None]:
        """Return the norm of the last step's gradient for each layer with weights; None before the first step."""
        return [norm(module) for module in self.weighted]


def of(means: dict[str, dict[str, float | None]], split: str, what: str) -> float:
    """Return a mean, NaN where the part is empty."""
    value = means[split][what]
    return float("nan") if value is None else value


def norm(module: nn.Module) -> float | None:
    """Return the norm of the gradient of a module's own parameters."""
    grads = [p.grad for p in module.parameters(recurse=False) if p.grad is not None]
    return float(torch.stack([g.norm() for g in grads]).norm()) if grads else None


def pixels(values: np.ndarray, grid: int) -> np.ndarray:
    """Return numbers from 0 to 1 (grid x grid) as uint8 (grid, grid)."""
    return np.rint(np.clip(np.nan_to_num(values), 0, 1) * 255).astype(np.uint8).reshape(grid, grid)
