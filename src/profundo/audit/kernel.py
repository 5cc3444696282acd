"""Kernel ridge regression that answers every row from all others: one factorisation stands for n trainings."""

import numpy as np
import torch

RIDGE = 0.3
FLAT = 1e-12
REFERENCE = 200  # rows whose distances give the width of the kernel


def leave_one_out(table: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Return for each row what all other rows predict, (n, k), from features (n, d) and answers (n, k).

    A Gaussian kernel as wide as the median distance, and the closed form of the left-out residual of a linear smoother:
    the fitted coefficient divided by the diagonal of the inverse (Rasmussen and Williams 2006, section 5.4.2). The work
    grows with n^3: a second for 2,000 rows at most.
    """
    x = torch.from_numpy(np.ascontiguousarray(table, np.float32))
    y = torch.from_numpy(np.ascontiguousarray(answers, np.float32))
    square = (x * x).sum(1)
    distance = (square[:, None] + square - 2 * x @ x.T).clamp_min_(0)
    width = max(float(distance[:: max(1, len(x) // REFERENCE)].median()), FLAT)
    kernel = distance.div_(-width).exp_()
    kernel.diagonal().add_(RIDGE)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(kernel))
    centre = y.mean(0)
    found = y - (inverse @ (y - centre)) / inverse.diagonal()[:, None]
    return found.double().numpy()
