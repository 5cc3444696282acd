"""The task of instances: answers with crops, measured by masks."""

import numpy as np
import pytest
import torch
from torch import nn

from profundo.batch import Batch
from profundo.errors import DataError, UsageError
from profundo.schema import Boxes, Image, Schema
from profundo.tasks import build_task


def schema(masks: bool = True) -> Schema:
    return Schema({"image": Image(1, 40, 40, (0.5,), (0.5,), fit="pad")}, {"objects": Boxes(("a", "b"), 2, masks)})


class Fixed(nn.Module):
    """Finds what it was told, the masks turned over where `wrong`."""

    def __init__(self, y: torch.Tensor, wrong: bool = False):
        super().__init__()
        self.y, self.wrong = y, wrong

    def forward(self, x):
        rows = self.y[: len(x)]
        crops = rows[..., 5:].reshape(len(x), -1, 28, 28)
        scores = (rows[..., 4] >= 0).float() * 0.9
        return rows[..., :4], scores, rows[..., 4].long().clamp(min=0), 1 - crops if self.wrong else crops

    def losses(self, x, y):
        return {"boxes": x.sum() * 0 + 1, "masks": x.sum() * 0 + 2}


def batch() -> Batch:
    y = torch.full((2, 2, 5 + 784), -1.0)
    y[0, 0, 5:], y[1, 1, 5:] = 0, 1
    y[0, 0, 5 : 5 + 28 * 14] = 1  # the upper half
    y[0, 0, :5], y[1, 1, :5] = torch.tensor([2.0, 4, 30, 32, 0]), torch.tensor([20.0, 4, 34, 32, 1])
    return Batch(torch.zeros(2, 1, 40, 40), y, torch.arange(2))


def test_masks_decide():
    task, given = build_task("instances", schema()), batch()
    right, wrong = (task.validate(Fixed(given.y, wrong), iter([given])) for wrong in (False, True))
    assert right["loss"] == pytest.approx(0, abs=1e-6) and right["mask map50"] == pytest.approx(1)
    assert wrong["mask map50"] < 0.01


def test_answers_hold_boxes_scores_and_crops():
    task, given = build_task("instances", schema()), batch()
    values = task.predict(Fixed(given.y), given.x).values
    assert [len(v) for v in values] == [1, 1] and values[0].crops.shape == (1, 28, 28)
    np.testing.assert_allclose(values[1].boxes, [[20, 4, 34, 32]])
    assert task.decode(values[1].codes).tolist() == ["b"]
    assert task.example_losses(values, given.y).tolist() == [0, 0]
    assert task.metrics()[0].name == "mask mAP"


def test_the_terms_are_summed_with_their_weights():
    given = batch()
    loss = next(build_task("instances", schema(), term_weights={"masks": 3}).losses(Fixed(given.y), given))
    assert loss.value == 7 and set(loss.terms) == {"boxes", "masks"}


def test_wrong_data_and_networks_are_named():
    with pytest.raises(DataError, match="boxes with masks"):
        build_task("instances", schema(masks=False))
    with pytest.raises(UsageError, match="mask_rcnn"):
        build_task("instances", schema()).predict(nn.Flatten(), batch().x)
    with pytest.raises(UsageError, match="the weight of the term"):
        build_task("instances", schema(), term_weights={"masks": -1})
