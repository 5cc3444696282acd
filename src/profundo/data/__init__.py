"""Readers by kind, splits, encoding and the data set in memory."""

from .dataplan import DataPlan
from .load import load
from .new import encode_new
from .source import read

__all__ = ["DataPlan", "encode_new", "load", "read"]
