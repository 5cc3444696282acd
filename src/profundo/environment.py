"""Versions and machine."""


def describe() -> str:
    """Return the versions and the machine as text."""
    import torch

    return f"torch {torch.__version__}\n"
