"""The course of a training, thinned so that a whole one is always small enough to be sent at once."""

import numpy as np

MOST = 500  # points
COLUMNS = 6  # step; loss of train, validation, test; score of train, test


class History:
    """Points of a curve at steps that are about equally far apart, whatever their number was."""

    def __init__(self) -> None:
        self.rows: list[list[float]] = []
        self.apart = 0.0

    def add(self, row: list[float]) -> None:
        """Add the newest point; it takes the place of the one before where that is nearer than the others are."""
        near = len(self.rows) > 1 and row[0] - self.rows[-2][0] < self.apart
        if near or (self.rows and row[0] == self.rows[-1][0]):
            self.rows.pop()
        self.rows.append(row)
        if len(self.rows) >= MOST:
            self.rows = [*self.rows[:-1:2], self.rows[-1]]
            self.apart = (self.rows[-1][0] - self.rows[0][0]) / len(self.rows)

    def table(self) -> np.ndarray:
        """Return all points (k, 6) float32, NaN where a part has no examples."""
        return np.array(self.rows, np.float32).reshape(-1, COLUMNS)
