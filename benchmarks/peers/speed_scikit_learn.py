"""scikit-learn's MLPClassifier, as fit runs it; with verbose it prints a line an epoch, at which the time is taken."""

import contextlib
import io
import time
import warnings

from mnist import MEAN, STD, load, share, speed_arguments, tell, versions
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier


class Timer(io.TextIOBase):
    """Takes the time whenever "Iteration" is printed."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.here = time.perf_counter()

    def write(self, text: str) -> int:
        if text.startswith("Iteration"):
            now = time.perf_counter()
            self.seconds.append(now - self.here)
            self.here = now
        return len(text)


def main() -> None:
    asked = speed_arguments(__doc__)
    if asked.network != "mlp":
        raise SystemExit("scikit-learn has no convolutional networks.")
    data = load(asked.data)
    x_train, x_test = (((share(x) - MEAN) / STD).reshape(len(x), -1) for x in (data.x_train, data.x_test))
    model = MLPClassifier(
        (128,),
        batch_size=asked.batch_size,
        learning_rate_init=asked.lr,
        max_iter=asked.epochs,
        random_state=asked.seed,
        verbose=True,
    )
    timer = Timer()
    with contextlib.redirect_stdout(timer), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x_train, data.y_train)
    right = float(model.score(x_test, data.y_test))
    tell(epoch_seconds=timer.seconds, accuracy=right, versions=versions("scikit-learn"))


if __name__ == "__main__":
    main()
