"""Cards of a finished run: how it treats groups of people, and what the difficulties of pictures do to it."""

from .grouping import groupings
from .groups import group_card, group_lines
from .robustness import robustness_card, robustness_lines
from .swaps import swap_card

__all__ = ["group_card", "group_lines", "groupings", "robustness_card", "robustness_lines", "swap_card"]
