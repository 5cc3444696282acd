"""Outcomes by task: what is done with answers that are not one label or number each. The contract is in outcome.py."""

import importlib

from .outcome import Learnt, Made, Outcome

__all__ = ["OUTCOMES", "Learnt", "Made", "Outcome", "find_outcome"]

OUTCOMES = {  # task: the module of this package that holds its OUTCOME
    "localisation": "located",
    "detection": "located",
    "instances": "located",
    "segmentation": "located",
    "language": "language",
    "word_vectors": "word_vectors",
    "translation": "writing",
    "captioning": "writing",
    "forecasting": "forecasts",
    "anomalies": "anomalies",
    "clustering": "clusters",
    "recommendation": "recommendation",
    "drawing": "drawing",
    "music": "music",
    "speech": "speech",
}


def find_outcome(task: str) -> Outcome | None:
    """Return the outcome of a task; None for a plain one: classification, regression, multilabel."""
    if task not in OUTCOMES:
        return None
    found: Outcome = importlib.import_module(f".{OUTCOMES[task]}", __package__).OUTCOME
    return found
