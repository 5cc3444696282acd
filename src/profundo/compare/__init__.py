"""Is one run really better than another? The verb `profundo compare`."""

from .runs import compare
from .words import compare_chart, compare_lines

__all__ = ["compare", "compare_chart", "compare_lines"]
