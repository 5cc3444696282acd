"""What a run got wrong: the confusion matrix, the examples of each cell, thresholds, calibration."""

from .lines import mistake_lines
from .run import mistakes

__all__ = ["mistake_lines", "mistakes"]
