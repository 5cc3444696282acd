"""What an experiment can be asked for: its options with their ranges. The sliders of the studio are made of this."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import SimpleNamespace
from typing import Any

from ..errors import UsageError, unknown

Value = int | float | str | tuple[str, ...]


@dataclass(frozen=True)
class Option:
    """One setting. A default that is a number has a range, `low` to `high` (both included); a text or a tuple of
    texts is of `choices`. With `log` a slider has its values in equal ratios.
    """

    default: Value
    help: str
    low: float = -math.inf
    high: float = math.inf
    step: float = 0.0
    log: bool = False
    choices: tuple[str, ...] = ()

    def checked(self, name: str, value: Any) -> Value:
        """Return the value in its type. Raises UsageError where it is not one that the option takes."""
        if isinstance(self.default, tuple):
            given = [v for part in value for v in str(part).split(",")] if isinstance(value, list | tuple) else [value]
            several = [v for part in given for v in str(part).split(",") if v]
            return tuple(self.one(name, v) for v in several) or self.default
        if isinstance(self.default, str):
            return self.one(name, str(value))
        whole = isinstance(self.default, int)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise UsageError(f"{name} must be a {'whole ' if whole else ''}number, not {value!r}.")
        if whole and value != int(value):
            raise UsageError(f"{name} must be a whole number, not {value!r}.")
        if not self.low <= value <= self.high:
            raise UsageError(f"{name} must be from {self.low:g} to {self.high:g}, not {value:g}.")
        return int(value) if whole else float(value)

    def one(self, name: str, value: str) -> str:
        """Return one of the choices; without choices any text is one."""
        if self.choices and value not in self.choices:
            raise UsageError(unknown(name, value, self.choices))
        return value

    def to_dict(self) -> dict[str, Any]:
        """Return the option for JSON; a range without an end is None."""
        return asdict(self)


class Settings(SimpleNamespace):
    """The value of every option of an experiment, by name."""


SEED = Option(0, "of everything that is drawn at random", 0, 2**31 - 1)


@dataclass(frozen=True)
class Experiment:
    """An experiment by name: what it shows, in a sentence, and its options."""

    name: str
    summary: str
    options: Mapping[str, Option]
    paper: str = ""

    def settled(self, given: Mapping[str, Any]) -> Settings:
        """Return every option with its value. Raises UsageError with the nearest names, or with the range."""
        for name in given:
            if name not in self.options:
                raise UsageError(unknown(f"option of {self.name}", name, self.options))
        return Settings(
            **{
                name: option.checked(name, given[name]) if given.get(name) is not None else option.default
                for name, option in self.options.items()
            }
        )
