"""The data doctor: what is wrong with the data, found before training. Each file is one look."""

from .audit import audit
from .words import findings_lines

__all__ = ["audit", "findings_lines"]
