"""Cells with a memory learn to add two marked numbers of a sequence; with what the doctor sees, a run says so."""

from dataclasses import replace

import pytest

from profundo.data import DataPlan, load
from profundo.data.adding import adding
from profundo.evaluate import answer
from profundo.loop import training
from profundo.networks import build
from profundo.recipe import Recipe
from profundo.tasks import build_task


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_adding_two_of_thirty_numbers(cell):
    raw = replace(adding(1, examples=4000, steps=30), target=("sum",), task="regression")
    data = load(raw, DataPlan(seed=1))
    task, network = build_task("regression", data.schema), build(cell, data.schema, hidden=32)
    recipe = Recipe(epochs=8, batch_size=32, lr=0.01, schedule="linear", clip=1.0, threads=1)
    for _ in training(network, data, task, recipe):
        pass
    found = answer(network, task, data, "test")
    assert ((found.prediction.values - found.y) ** 2).mean() < 0.01  # always answering 1 has 1/6
