"""Several models answering together: networks of several seeds and simpler methods, by a vote or a stack."""

from .combine import Combination, combine
from .members import Member, ensemble, members, of_run
from .refit import ensemble_predict

__all__ = ["Combination", "Member", "combine", "ensemble", "ensemble_predict", "members", "of_run"]
