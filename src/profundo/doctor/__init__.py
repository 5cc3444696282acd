"""The training doctor: looks at a network in training at little cost, and names what ails it."""

from .diagnose import diagnose, diagnose_run, diagnosis_lines
from .vitals import Watcher

__all__ = ["Watcher", "diagnose", "diagnose_run", "diagnosis_lines"]
