"""Copies among rows, texts and pictures, exact ones and near ones; each file is one way to compare."""

from .families import Copies, families, find_copies

__all__ = ["Copies", "families", "find_copies"]
