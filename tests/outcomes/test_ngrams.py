"""n-grams against their definition, counted slowly."""

from collections import Counter, defaultdict

import numpy as np

from profundo.data import DataPlan, load
from profundo.outcomes.ngrams import chances, rivals
from profundo.plan import Plan


def slow(codes, train, tokens, longest):
    """Yield the same with dictionaries."""
    counts, followers = Counter(), defaultdict(set)
    for place in range(*train):
        for k in range(longest):
            context = tuple(codes[max(place - k, 0) : place])
            if len(context) == k:
                counts[(*context, codes[place])] += 1
                followers[context].add(codes[place])

    def p(context, code):
        shorter = p(context[1:], code) if context else 1 / tokens
        kinds = len(followers[context])
        total = sum(counts[(*context, w)] for w in followers[context])
        return shorter if not total else (counts[(*context, code)] + kinds * shorter) / (total + kinds)

    for n in range(longest):
        yield [p(tuple(codes[i - n : i]), codes[i]) for i in range(n, len(codes))]


def test_chances_are_those_of_witten_and_bell():
    codes = np.random.default_rng(0).choice([4, 5, 6, 7], 300, p=[0.4, 0.3, 0.2, 0.1])
    for n, (fast, wanted) in enumerate(
        zip(chances(codes, (0, 200), 6, 4), slow(codes.tolist(), (0, 200), 6, 4), strict=True)
    ):
        assert np.allclose(fast[n:], wanted)


def test_chances_add_up_to_one():
    rng = np.random.default_rng(1)
    text = rng.choice([4, 5, 6], 100)
    endings = [np.concatenate([text, [code]]) for code in (1, 3, 4, 5, 6)]
    sums = sum(np.array([p[-1] for p in chances(codes, (0, 100), 5, 3)]) for codes in endings)
    assert np.allclose(sums, 1)


def test_the_best_n_is_chosen_on_validation(tmp_path):
    path = tmp_path / "book.txt"
    path.write_text("abcabcabdabc" * 200)
    data = load(path, context="16")
    found = list(rivals(Plan(DataPlan()), data))
    assert found[0].name == "frequencies" and found[1].name.endswith("-gram")
    assert found[1].validation > found[0].validation
    assert found[1].scores["nats"].value < 0.2 < found[0].scores["nats"].value
    assert len(found[1].prediction) == data.count("test")
