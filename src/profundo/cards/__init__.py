"""Cards of a finished run: how it treats groups of people, and what the difficulties of pictures do to it."""

from .clips import clips_card
from .grouping import groupings
from .groups import group_card, group_lines
from .robustness import robustness_card, robustness_lines
from .swaps import swap_card
from .words import words_card

__all__ = [
    "clips_card",
    "group_card",
    "group_lines",
    "groupings",
    "robustness_card",
    "robustness_lines",
    "swap_card",
    "words_card",
]
