"""Do new data still look like the training data? What a run stores for it, the tests, and what they found in words."""

from .reference import from_npz, reference, reference_summary, to_npz
from .sentences import shift_lines
from .shift import shifted, shifted_run, shifted_sources

__all__ = [
    "from_npz",
    "reference",
    "reference_summary",
    "shift_lines",
    "shifted",
    "shifted_run",
    "shifted_sources",
    "to_npz",
]
