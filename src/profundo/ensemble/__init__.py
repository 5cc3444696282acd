"""Several models answering together: networks of several seeds and simpler methods, by a vote or a stack."""

from .members import Member, ensemble, members, of_run
from .refit import ensemble_predict

__all__ = ["Member", "ensemble", "ensemble_predict", "members", "of_run"]
