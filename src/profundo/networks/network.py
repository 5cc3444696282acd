"""A network as a row of a table: what it is called, what it takes, how it is made. And the checks of its options."""

import contextlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from ..errors import UsageError, unknown

MANY = {
    "any": ("table", "image"),
    "image": ("image", "audio"),  # a spectrogram is a grey picture
    "sequence": ("tokens", "series", "audio", "video", "strokes"),
}


@dataclass(frozen=True)
class Network:
    """A network that can be asked for by name. `make(schema, **options)` builds it; `options` describes each option.

    `takes` is what `Schema.takes` says, several joined by "|"; "any" is a table or an image, "image" is an image or the
    spectrogram of a sound, "sequence" is tokens, series, audio, video or strokes. `gives` is what `Schema.gives` says,
    several joined by "|". `paper` says where it was published. `head` is the layer that gives the scores, which
    transfer replaces; `top` are the modules after the last map, which a backbone goes without ("" and () for a
    Sequential, where both are found by themselves).
    """

    name: str
    summary: str
    takes: str
    make: Callable[..., nn.Module]
    options: Mapping[str, str] = field(default_factory=dict)
    paper: str = ""
    gives: str = "scores"
    head: str = ""
    top: tuple[str, ...] = ()

    def fits(self, takes: str) -> bool:
        """Say whether the network takes such data."""
        return any(takes in MANY.get(word, (word,)) for word in self.takes.split("|"))

    @property
    def sees(self) -> bool:
        """Whether it is made for pictures, beside other shapes perhaps, rather than for anything."""
        return "image" in self.takes.split("|")

    @property
    def defaults(self) -> dict[str, Any]:
        """The default of each option, read from the signature of `make`."""
        parameters = inspect.signature(self.make).parameters
        return {name: parameters[name].default for name in self.options}


@contextlib.contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Put a network in eval mode for a while; then every module gets back the mode it had."""
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


def whole(name: str, value: Any, least: int = 1) -> int:
    """Return an option that must be a whole number of at least `least`. Raises UsageError for anything else.

    A list of one is that one: so `--hidden 128` is given.
    """
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UsageError(f"{name} must be a whole number of at least {least}, not {value!r}.")
    return value


def positive(name: str, value: Any) -> float:
    """Return an option that must be a finite number above 0. Raises UsageError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise UsageError(f"{name} must be a number above 0, not {value!r}.")
    return float(value)


def share(name: str, value: Any) -> float:
    """Return an option that must be in [0, 1). Raises UsageError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise UsageError(f"{name} must be at least 0 and below 1, not {value!r}.")
    return float(value)


def flag(name: str, value: Any) -> bool:
    """Return an option that must be true or false. Raises UsageError for anything else."""
    if not isinstance(value, bool):
        raise UsageError(f"{name} must be true or false, not {value!r}.")
    return value


def choice(name: str, value: Any, known: Iterable[str]) -> str:
    """Return an option that must be one of a few names. Raises UsageError with the nearest ones."""
    names = list(known)
    if value not in names:
        raise UsageError(unknown(name, str(value), names))
    return str(value)
