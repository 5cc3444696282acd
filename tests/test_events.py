"""Windows over a long clip become events."""

import numpy as np
import pytest

from profundo.errors import UsageError
from profundo.evaluate import open_trained
from profundo.events import events, runs, windows


def test_windows_cover_every_frame_and_hold_the_last():
    frames = [np.full((1, 2, 2), i) for i in range(11)]
    found = list(windows(iter(frames), 4, 3))
    assert [begin for begin, _, _ in found] == [0, 3, 6, 7]
    assert found[-1][2][:, 0, 0, 0].tolist() == [7, 8, 9, 10]
    ((begin, count, window),) = windows(iter(frames[:2]), 4, 3)
    assert (begin, count) == (0, 2) and window[:, 0, 0, 0].tolist() == [0, 1, 1, 1]
    assert list(windows(iter([]), 4, 3)) == []


def test_short_runs_go_to_their_likelier_neighbour():
    codes = [0] * 6 + [2] + [0] * 2 + [1] * 6 + [2] * 2
    probabilities = np.eye(3)[codes] * 0.8 + 0.1
    assert runs(probabilities, 1) == [(0, 6, 0), (6, 7, 2), (7, 9, 0), (9, 15, 1), (15, 17, 2)]
    assert runs(probabilities, 3) == [(0, 9, 0), (9, 17, 1)]
    assert runs(probabilities[:2], 99) == [(0, 2, 0)]


def test_a_network_of_something_else_is_refused(tmp_path):
    import profundo

    run = profundo.train("iris", out=tmp_path / "run", epochs=1, baselines=False, check=False, threads=1)
    with pytest.raises(UsageError, match="labels of clips"):
        events(open_trained(run), tmp_path / "a.mp4")
