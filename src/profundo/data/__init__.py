"""Readers by kind, splits, encoding and the data set in memory."""
