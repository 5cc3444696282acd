"""Deep learning you can trust and understand: one command from raw data to an honestly scored network.

Nothing heavy is imported until a name is used: `import profundo` takes a few milliseconds.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors, estimators
    from .batch import Batch, Shard
    from .check import check
    from .compare import compare
    from .curve import curve
    from .data import DataPlan, load
    from .data.dataset import Data
    from .doctor import diagnose_run as diagnose
    from .errors import CheckFailed, DataError, MissingExtra, ProfundoError, ResourceError, UsageError
    from .evaluate import evaluate
    from .explain import explain
    from .finder import find as find_lr
    from .folders import runs
    from .generate import generate
    from .inside import inside
    from .lab.experiments import lab
    from .loop import Progress, training
    from .mistakes import mistakes
    from .networks import build
    from .plan import Plan, plan
    from .play.follow import follow as trace
    from .predict import predict
    from .recipe import Recipe
    from .report import write_report as report
    from .run import Run
    from .schema import Audio, Category, Date, Image, Number, Schema, Series, Strokes, Text, Tokens, Video
    from .tasks import Loss, Prediction, Task, build_task
    from .tidy import delete, tag
    from .train import train

__all__ = [
    "Audio",
    "Batch",
    "Category",
    "CheckFailed",
    "Data",
    "DataError",
    "DataPlan",
    "Date",
    "Image",
    "Loss",
    "MissingExtra",
    "Number",
    "Plan",
    "Prediction",
    "ProfundoError",
    "Progress",
    "Recipe",
    "ResourceError",
    "Run",
    "Schema",
    "Series",
    "Shard",
    "Strokes",
    "Task",
    "Text",
    "Tokens",
    "UsageError",
    "Video",
    "__version__",
    "build",
    "build_task",
    "check",
    "compare",
    "curve",
    "delete",
    "diagnose",
    "errors",
    "estimators",
    "evaluate",
    "explain",
    "find_lr",
    "generate",
    "inside",
    "lab",
    "load",
    "mistakes",
    "plan",
    "predict",
    "report",
    "runs",
    "tag",
    "trace",
    "train",
    "training",
]

HOMES = {
    "batch": ("Batch", "Shard"),
    "check": ("check",),
    "compare": ("compare",),
    "curve": ("curve",),
    "data": ("DataPlan", "load"),
    "data.dataset": ("Data",),
    "errors": ("CheckFailed", "DataError", "MissingExtra", "ProfundoError", "ResourceError", "UsageError"),
    "evaluate": ("evaluate",),
    "folders": ("runs",),
    "explain": ("explain",),
    "generate": ("generate",),
    "inside": ("inside",),
    "lab.experiments": ("lab",),
    "loop": ("Progress", "training"),
    "mistakes": ("mistakes",),
    "networks": ("build",),
    "plan": ("Plan", "plan"),
    "predict": ("predict",),
    "recipe": ("Recipe",),
    "run": ("Run",),
    "schema": (
        *("Audio", "Category", "Date", "Image", "Number", "Schema"),
        *("Series", "Strokes", "Text", "Tokens", "Video"),
    ),
    "tasks": ("Loss", "Prediction", "Task", "build_task"),
    "tidy": ("delete", "tag"),
    "train": ("train",),
}  # module -> the public names that it defines
RENAMED = {
    "diagnose": ("doctor", "diagnose_run"),
    "find_lr": ("finder", "find"),
    "report": ("report", "write_report"),
    "trace": ("play.follow", "follow"),
}
PLACES = {name: (module, name) for module, names in HOMES.items() for name in names} | RENAMED
MODULES = ("errors", "estimators")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("profundo")
    elif name in MODULES:
        value = importlib.import_module(f".{name}", __name__)
    elif name in PLACES:
        module, inner = PLACES[name]
        value = getattr(importlib.import_module(f".{module}", __name__), inner)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


class Package(ModuleType):
    """This package. `profundo.train` is the verb, also after its module `profundo/train.py` has been imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in PLACES and isinstance(value, ModuleType):
            return  # the import system binds a submodule to its package; the verb of that name comes first
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = Package
