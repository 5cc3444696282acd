"""Families of copies: equal and nearly equal rows share a number."""

import numpy as np
import pandas as pd
import torch
from test_near import changed, table, texts

from profundo.data.copies.families import chosen, families, find_copies


def assert_same_families(found, expected):
    """Compare two partitions of the rows: their numbers may differ, who is with whom may not."""
    assert len(set(zip(found, expected, strict=True))) == len(set(found)) == len(set(expected))


def test_families_of_rows():
    frame = table(300)
    rows = [3, 50, 51]
    both = pd.concat([frame, frame.iloc[[3, 7]], changed(frame, rows, 1)], ignore_index=True)
    expected = np.array([*range(300), 3, 7, *rows])
    found = families(both)
    assert_same_families(found, expected)
    assert (np.diff(np.unique(found, return_index=True)[1]) > 0).all()  # numbered in the order of appearance
    assert (found == families(both)).all()


def test_families_of_texts_and_of_copies_of_copies():
    found = texts(200)
    longest = max(range(200), key=lambda i: len(found[i]))
    words = found[longest].split()
    twice = " ".join(["one", *words]), " ".join(["one", "two", "three", *words])
    frame = pd.DataFrame({"text": [*found, *twice], "length": 1.0})
    assert_same_families(families(frame), np.array([*range(200), longest, longest]))


def test_families_of_pictures():
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (200, 3, 8, 8), np.uint8)
    pixels = torch.nn.functional.interpolate(torch.from_numpy(small).float(), scale_factor=4, mode="bicubic")
    pixels = pixels.clamp(0, 255).byte()
    brighter, mirrored = (pixels[:5].float() * 0.8).byte(), pixels[5:10].flip(-1)
    every = torch.cat([pixels, pixels[10:12], brighter, mirrored])
    expected = np.array([*range(200), 10, 11, *range(10)])
    assert_same_families(families(every), expected)
    assert_same_families(families(every.numpy()), expected)


def test_odd_input():
    assert families(pd.DataFrame({"a": []})).tolist() == []
    assert families(pd.DataFrame({"a": [1, 1, 2]})).tolist() == [0, 0, 1]
    assert families(np.zeros((3, 1, 4, 4), np.uint8)).tolist() == [0, 0, 0]
    assert families(pd.DataFrame({"a": [[1], [1], "x"]})).tolist() == [0, 0, 1]


def test_of_too_many_rows_a_sample_with_the_held_out_ones_is_looked_at():
    first, held = np.arange(100), np.arange(80, 100)
    looked = chosen(first, held, 60, 0)
    assert len(looked) == 60 and np.isin(held, looked).all() and (looked == chosen(first, held, 60, 0)).all()
    assert chosen(first, np.arange(100), 60, 0).tolist() == sorted(set(chosen(first, np.arange(100), 60, 0).tolist()))
    assert find_copies(table(50)).looked == 50
