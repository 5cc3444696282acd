"""Near copies of rows and texts: planted ones are found, natural neighbours are not."""

import numpy as np
import pandas as pd
import pytest

from profundo.audit import near
from profundo.data import load
from profundo.data.copies.rows import agreements, column, near_rows
from profundo.data.copies.texts import ALIKE, SURE, near_texts, shingles

SYLLABLES = [a + b for a in "bdgklmnprst" for b in "aeiou"]
WORDS = [a + b for a in SYLLABLES for b in SYLLABLES]


def table(rows=600, columns=8, seed=0):
    """Numbers that hang together, rounded, and two categories."""
    random = np.random.default_rng(seed)
    hidden = random.normal(size=(rows, 3)) @ random.normal(size=(3, columns))
    frame = pd.DataFrame((hidden + random.normal(size=hidden.shape)).round(2)).add_prefix("x")
    return frame.assign(city=random.choice(list("abcdef"), rows), sex=random.choice(["f", "m"], rows))


def changed(frame, rows, kind, seed=1):
    random = np.random.default_rng([seed, 3])
    copy = frame.iloc[rows].reset_index(drop=True)
    numbers = [c for c in frame.columns if c.startswith("x")]
    if kind == "jitter":
        copy[numbers] += random.normal(scale=0.005, size=copy[numbers].shape) * frame[numbers].std().to_numpy()
    elif kind == "rounded":
        copy[numbers] = copy[numbers].round(1)
    else:
        for i in range(len(copy)):
            for name in random.choice(frame.columns, kind, replace=False):
                copy.loc[i, name] = frame[name].iloc[random.integers(len(frame))]
    return copy


def recall(pairs, rows, count):
    found = set(map(tuple, pairs.tolist()))
    return np.mean([(row, count + i) in found for i, row in enumerate(rows)])


@pytest.mark.parametrize("kind", ["jitter", "rounded", 1, 2])
def test_rows_that_were_changed_a_little_are_found_and_no_others(kind):
    frame = table()
    rows = np.random.default_rng(2).permutation(len(frame))[:30].tolist()
    pairs = near_rows(pd.concat([frame, changed(frame, rows, kind)], ignore_index=True))
    assert recall(pairs, rows, len(frame)) >= (0.85 if kind == "rounded" else 0.95)
    assert all(b >= len(frame) and rows[b - len(frame)] == a for a, b in pairs)


def test_rows_that_are_merely_neighbours_are_not():
    assert len(near_rows(table(2000, seed=4))) == 0
    random = np.random.default_rng(5)
    crowded = pd.DataFrame(random.integers(0, 12, (400, 4)) / 10)  # as iris: few values, many rows alike
    assert len(near_rows(crowded)) == 0


def test_odd_tables_end_in_no_pairs():
    assert near_rows(pd.DataFrame({"a": range(5)})).shape == (0, 2)
    assert near_rows(pd.DataFrame(index=range(50))).shape == (0, 2)
    assert near_rows(pd.DataFrame({"a": [np.nan] * 50, "b": [1] * 50, "c": [[1]] * 50})).shape == (0, 2)


def test_the_bits_of_an_agreement_are_those_of_the_share_of_rows_that_would_agree():
    columns = [column(pd.Series([1.0, 2, 2, 4])), column(pd.Series(["a", "a", "b", "c"]))]
    equal, close = agreements(columns, np.array([[0, 1], [1, 2], [0, 3]]))
    assert equal.tolist() == [1.0, 1.0, 0.0]  # a: 2 of 4 rows; 2: 2 of 4 rows
    assert close.tolist() == pytest.approx([np.log2(4 / 3) + 1, 1.0, 0.0])  # 3 of 4 rows lie from 1 to 2


def texts(count=800, seed=0):
    random = np.random.default_rng(seed)
    share = 1 / np.arange(1, len(WORDS) + 1)  # Zipf's law
    return [" ".join(random.choice(WORDS, random.integers(8, 30), p=share / share.sum())) for _ in range(count)]


@pytest.mark.parametrize("kind", ["case", "word", "without", "added"])
def test_texts_with_a_small_change_are_found_and_no_others(kind):
    found, random = texts(), np.random.default_rng(6)
    rows = random.permutation(len(found))[:40].tolist()
    copies = []
    for row in rows:
        words = found[row].split()
        place = int(random.integers(len(words)))
        copies.append(
            {
                "case": " ".join(words).upper() + "!",
                "word": " ".join([*words[:place], "zebra", *words[place + 1 :]]),
                "without": " ".join(words[:place] + words[place + 1 :]),
                "added": " ".join([*words[:place], "and", "so", *words[place:]]),
            }[kind]
        )
    pairs = near_texts(found + copies)
    assert recall(pairs, rows, len(found)) >= 0.95
    assert all(b >= len(found) and rows[b - len(found)] == a for a, b in pairs)


def test_near_texts_agrees_with_a_search_of_all_pairs():
    found = texts(150, seed=1)
    found += [" ".join(t.split()[2:]) for t in found[:30]] + [" ".join(t.split()[::2]) for t in found[30:60]]
    bags = [set(shingles(t)) for t in found]
    counts = pd.Series([s for bag in bags for s in bag]).value_counts()
    bits = np.log2((len(found) + 1) / counts).to_dict()
    expected = set()
    for i, one in enumerate(bags):
        for j in range(i + 1, len(bags)):
            both = one & bags[j]
            alike = sum(bits[s] for s in both) / sum(bits[s] for s in one | bags[j])
            alone = sum(bits[s] for s in both if " " not in s)
            if alike >= ALIKE and alone >= 2 * np.log2(len(found)) + SURE:
                expected.add((i, j))
    assert set(map(tuple, near_texts(found).tolist())) == expected and len(expected) > 20


def test_short_and_empty_texts_are_never_near():
    assert len(near_texts(["ok", "OK!", "", "ok then", "ok, then"] * 40)) == 0
    assert near_texts([]).shape == (0, 2)
    assert near_texts(["", ""]).shape == (0, 2)


def test_sequences_are_compared_by_their_pieces():
    random = np.random.default_rng(7)
    found = ["".join(random.choice(list("ACGT"), 60)) for _ in range(200)]
    moved = ["A" + found[3][:-1], found[4][:30] + "A" + found[4][31:]]
    assert {(3, 200), (4, 201)} == set(map(tuple, near_texts(found + moved).tolist()))


def test_look_tells_of_near_copies_across_parts_with_the_cells_that_differ():
    frame = table(400).assign(y=np.random.default_rng(8).choice(["no", "yes"], 400), split="train")
    frame.loc[320:359, "split"], frame.loc[360:, "split"] = "validation", "test"
    frame.loc[360:371, "x0":"sex"] = frame.loc[:11, "x0":"sex"].to_numpy()
    frame.loc[360:371, "x3"] = frame.loc[100:111, "x3"].to_numpy()
    data = load(frame, target="y")
    (found,) = near.look(data)
    assert (found.name, found.severity, found.flag) == ("near copies across parts", "serious", "--copies together")
    assert set(found.pairs) == {(i, 360 + i) for i in range(12)} and set(found.rows) == set(range(360, 372))
    assert found.facts["share"]["n"] == 80 and found.facts["rows"] == 12
    assert all(set(e["cells"]) == {"x3"} for e in found.facts["examples"])
    assert near.look(load(frame.drop(index=range(360, 372)), target="y")) == []
    assert near.look(data) == near.look(data)


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes", "circle", "digits"])
def test_clean_sets_raise_nothing(name):
    assert near.look(load(name)) == []
