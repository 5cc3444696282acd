"""Tasks by name: what to learn from a schema. One task a file; the contract is in task.py."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError, unknown
from ..schema import Schema
from .anomalies import Anomalies, anomalies
from .classification import Classification, balanced_weights, classification
from .clustering import Clustering, clustering
from .detection import Detection, detection
from .drawing import Drawing, drawing
from .forecasting import Forecasting, forecasting
from .instances import Instances, instances
from .language import Language, language
from .localisation import Localisation, localisation
from .losses import LOSSES
from .multilabel import Multilabel, multilabel
from .music import Music, music
from .recommendation import Recommendation, recommendation
from .regression import Regression, regression
from .segmentation import Segmentation, median_frequency_weights, segmentation
from .speech import Speech, speech
from .task import Loss, Prediction, Predictive, Task
from .word_vectors import WordVectorsTask, word_vectors
from .writing import Writing, writing

__all__ = [
    "LOSSES",
    "TASKS",
    "Anomalies",
    "Classification",
    "Clustering",
    "Detection",
    "Drawing",
    "Forecasting",
    "Instances",
    "Language",
    "Localisation",
    "Loss",
    "Multilabel",
    "Music",
    "Prediction",
    "Predictive",
    "Recommendation",
    "Regression",
    "Segmentation",
    "Speech",
    "Task",
    "TaskEntry",
    "WordVectorsTask",
    "Writing",
    "balanced_weights",
    "build_task",
    "median_frequency_weights",
]


WRITING = {
    "label_smoothing": "the share of the target spread over all codes while training, in [0, 1)",
    "beams": "how many beginnings are kept while a text is searched for",
    "length_penalty": "texts are ranked by log probability / length ** this: more is longer",
    "measure": "the one that stands first: bleu, chrf or exact match",
}


@dataclass(frozen=True)
class TaskEntry:
    """A task that can be asked for by name. `make(schema, **options)` builds it; `options` describes each option."""

    name: str
    summary: str
    make: Callable[..., Predictive]
    options: Mapping[str, str]

    @property
    def defaults(self) -> dict[str, Any]:
        """The default of each option, read from the signature of `make`."""
        parameters = inspect.signature(self.make).parameters
        return {name: parameters[name].default for name in self.options}


TASKS: dict[str, TaskEntry] = {
    entry.name: entry
    for entry in (
        TaskEntry(
            "classification",
            "one label of several",
            classification,
            {
                "loss": "cross_entropy, nll, focal, hinge or perceptron",
                "label_smoothing": "with cross_entropy: the share of the target spread over all labels, in [0, 1)",
                "class_weights": "how much each label counts, in the order of the labels",
                "gamma": "with focal: how much less the easy examples count",
            },
        ),
        TaskEntry(
            "anomalies",
            "how odd each example is, learnt without a label",
            anomalies,
            {
                "false_alarms": "the share of usual examples that may be called odd",
                "surprise_weight": "how much the distance of the code from the usual ones counts",
            },
        ),
        TaskEntry(
            "clustering",
            "groups of alike examples, learnt without a label",
            clustering,
            {
                "clusters": "how many there are, 2 to 64; 0 chooses",
                "surprise_weight": "how much the distance of the code from the usual ones counts",
            },
        ),
        TaskEntry("drawing", "the path of a pen, move by move, given a label or not", drawing, {}),
        TaskEntry(
            "recommendation",
            "how much a person will like a thing",
            recommendation,
            {"penalty": "how much the squares of the vectors that are looked up count"},
        ),
        TaskEntry(
            "regression",
            "one number or several",
            regression,
            {"loss": "mse, l1, huber or gaussian_nll", "delta": "with huber: the error where the line begins"},
        ),
        TaskEntry(
            "multilabel",
            "several yes-or-no answers",
            multilabel,
            {
                "loss": "binary_cross_entropy or binary_focal",
                "yes_weights": "how much each target's yes counts",
                "gamma": "with binary_focal: how much less the easy answers count",
            },
        ),
        TaskEntry(
            "forecasting",
            "the next steps of series, with intervals",
            forecasting,
            {"loss": "mse, l1 or huber", "delta": "with huber: the error where the line begins"},
        ),
        TaskEntry(
            "instances",
            "every object of a picture: its box, its label and its mask",
            instances,
            {"term_weights": "how much each of the network's terms counts, 1 where not given: {masks = 2.0}"},
        ),
        TaskEntry(
            "localisation",
            "one object: a label and a box",
            localisation,
            {"box_weight": "how much the box counts beside the label"},
        ),
        TaskEntry(
            "detection",
            "every object: a label and a box each",
            detection,
            {"term_weights": "how much each of the network's own terms counts, such as score and box"},
        ),
        TaskEntry("music", "which pitches sound next in a piece", music, {}),
        TaskEntry("speech", "a sound from a label", speech, {}),
        TaskEntry(
            "segmentation",
            "a label for every pixel",
            segmentation,
            {
                "loss": "cross_entropy, focal, dice or cross_entropy+dice",
                "class_weights": "how much the pixels of each label count, in the order of the labels",
                "gamma": "with focal: how much less the easy pixels count",
            },
        ),
        TaskEntry("translation", "a text from a text", writing, WRITING),
        TaskEntry("captioning", "a text from a picture, a sound or another input that is no text", writing, WRITING),
        TaskEntry("language", "what comes next in a text", language, {}),
        TaskEntry(
            "word_vectors",
            "a vector for each word of a text",
            word_vectors,
            {
                "negatives": "how much drawn words count beside each true neighbour",
                "analogies": "a file of four words a line, a is to b as c is to d, to test the vectors with",
            },
        ),
    )
}


def build_task(name: str, schema: Schema, **options: Any) -> Predictive:
    """Build a task for a schema. Raises UsageError for an unknown name or option, with the nearest ones."""
    if name not in TASKS:
        raise UsageError(unknown("task", name, TASKS))
    entry = TASKS[name]
    for option in options.keys() - entry.options.keys():
        raise UsageError(unknown(f"option of {name}", option, entry.options))
    return entry.make(schema, **options)
