"""Readers by kind, splits, encoding and the data set in memory."""

from .load import DataPlan, encode_new, load, read

__all__ = ["DataPlan", "encode_new", "load", "read"]
