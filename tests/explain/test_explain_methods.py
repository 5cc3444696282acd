"""The methods of explaining as mathematics: axioms, and functions whose answer is known."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

from profundo.data import load
from profundo.errors import UsageError
from profundo.explain import METHODS, input_x_gradient, integrated_gradients, occlusion
from profundo.explain.methods import Question
from profundo.explain.parts import parts_of, stretches
from profundo.explain.seam import seam_of
from profundo.explain.words import bag_pieces, token_pieces
from profundo.networks import NETWORKS, build
from profundo.schema import Text, Tokens


def network(inputs=5, seed=0):
    torch.manual_seed(seed)
    layers = nn.Sequential(nn.Linear(inputs, 16), nn.Tanh(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
    return lambda x: layers(x).squeeze(1)


def test_integrated_gradients_of_functions_whose_integral_is_known():
    x = torch.tensor([[2.0, -3.0], [0.5, 4.0]])
    assert torch.allclose(integrated_gradients(lambda x: x.square().sum(1), x), x.square(), atol=1e-5)
    both = integrated_gradients(lambda x: x[:, 0] * x[:, 1], x)  # each has half of a product
    assert torch.allclose(both, (x[:, 0] * x[:, 1] / 2)[:, None].expand(2, 2), atol=1e-5)
    half = integrated_gradients(lambda x: x[:, 0] * x[:, 1], x, baseline=torch.tensor([1.0, 0.0]))
    assert torch.allclose(half.sum(1), x[:, 0] * x[:, 1], atol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_the_weights_add_up_and_an_input_that_does_nothing_has_none(seed):
    inner = network(4, seed)
    score = lambda x: inner(x[:, :4])  # noqa: E731
    x, baseline = torch.randn(3, 5, generator=torch.Generator().manual_seed(seed)), 0.3
    weights = integrated_gradients(score, x, baseline=baseline, steps=2000)
    moved = score(x) - score(torch.full_like(x, baseline))
    assert torch.allclose(weights.sum(1), moved, atol=2e-3)
    assert (weights[:, 4] == 0).all()
    rough = integrated_gradients(score, x, baseline=baseline, steps=20)
    assert (rough.sum(1) - moved).abs().max() >= (weights.sum(1) - moved).abs().max()


def test_on_a_line_the_three_methods_agree():
    w, x, baseline = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([[3.0, 1.0, 4.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    score = lambda x: x @ w + 7  # noqa: E731
    wanted = w * (x - baseline)
    assert torch.allclose(integrated_gradients(score, x, baseline=baseline, steps=3), wanted)
    assert torch.allclose(input_x_gradient(score, x, baseline=baseline), wanted)
    windows = torch.eye(3, dtype=torch.bool)
    assert torch.allclose(occlusion(score, x, windows=windows, hidden=baseline), wanted[0])
    for method in METHODS.values():
        asked = Question(score, x, baseline, baseline, torch.arange(3), 3, windows, steps=5)
        assert torch.allclose(method.weigh(asked).float(), wanted[0])


def test_many_points_are_taken_in_pieces(monkeypatch):
    whole = integrated_gradients(network(), torch.ones(2, 5), steps=30)
    monkeypatch.setattr(sys.modules["profundo.explain.methods"], "MOST", 40)
    assert torch.allclose(integrated_gradients(network(), torch.ones(2, 5), steps=30), whole, atol=1e-6)


def test_a_score_without_a_gradient_and_steps_that_cannot_be_are_told():
    with pytest.raises(UsageError, match="occlusion"):
        integrated_gradients(lambda x: x.detach().sum(1), torch.ones(1, 2))
    with pytest.raises(UsageError, match="steps"):
        integrated_gradients(network(), torch.ones(1, 5), steps=0)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A table with numbers, few and many labels, and two texts read as tokens."""
    path = tmp_path_factory.mktemp("mixed") / "mixed.csv"
    rows = ["size,colour,town,said,more,kind"]
    for i in range(300):
        words = " ".join(["red", "blue", "warm", "cold", "wet"][(i * k) % 5] for k in range(1, 3 + i % 4))
        rows.append(
            f"{i % 17},{'abc'[i % 3]},town{i % 45},{words},{words[::-1][: i % 9]} x{i % 7},{'yes' if i % 2 else 'no'}"
        )
    path.write_text("\n".join(rows) + "\n")
    return path


def tokens_kinds():
    return {"said": "tokens", "more": "tokens", "town": "category", "colour": "category"}


@pytest.mark.parametrize(
    "name", sorted(n for n, e in NETWORKS.items() if e.fits("tokens") and "scores" in e.gives.split("|"))
)
def test_what_stands_for_the_codes_gives_the_same_answers(name, mixed):
    data = load(str(mixed), target="kind", kinds=tokens_kinds())
    assert data.schema.tokens and data.schema.embedded
    net = build(name, data.schema).eval()
    batch = data.gather(torch.tensor([3]))
    seam = seam_of(net, data.schema, batch.x)
    with torch.no_grad():
        assert torch.equal(seam.forward(seam.inside), net(batch.x))
        four = seam.forward(seam.inside.repeat(4, 1))
        assert torch.allclose(four, net(batch.x).expand(4, -1), atol=1e-5)
    parts = parts_of(data.schema, seam)
    assert parts.of.shape == seam.inside.shape[1:] and int(parts.of.max()) == parts.count - 1
    weights = integrated_gradients(lambda z: seam.forward(z)[:, 0], seam.inside, steps=300).sum()
    with torch.no_grad():
        moved = net(batch.x)[0, 0] - seam.forward(torch.zeros_like(seam.inside))[0, 0]
    assert float(weights) == pytest.approx(float(moved), abs=0.02)


def test_the_codes_of_labels_in_a_table_are_asked_about_too(mixed):
    kinds = tokens_kinds() | {"said": "text", "more": "text"}
    data = load(str(mixed), target="kind", kinds=kinds)
    net = build("mlp", data.schema, hidden=[8], numbers="periodic").eval()
    x = data.gather(torch.tensor([7])).x
    seam = seam_of(net, data.schema, x)
    assert len(seam.lookups) == 1
    assert torch.equal(seam.forward(seam.inside), net(x))
    parts = parts_of(data.schema, seam)
    names = [part.name for part in parts.columns]
    assert sorted(names) == sorted(data.schema.inputs) and names[-1] == "town"  # embedded codes stand last


def test_windows_reach_both_ends_and_cover_everything():
    for length in range(1, 40):
        for side in range(1, length + 1):
            found = stretches(length, side)
            assert found[0][0] == 0 and found[-1][1] == length
            assert {i for a, b in found for i in range(a, b)} == set(range(length))


def test_a_text_is_cut_where_it_was_written_and_the_weights_are_kept():
    kind = Tokens(vocabulary=("good", "film"), length=4)
    cut = token_pieces(kind, "A good, GOOD film!", {0: 0.5, 1: 1.0, 2: 0.0, 3: -2.0})
    assert "".join(p for p, _ in cut) == "A good, GOOD ..."
    assert [(p, w) for p, w in cut if w] == [("A", 0.5), ("good", 1.0), ("GOOD", -2.0)]


def test_words_of_a_bag_share_their_weight():
    bag = Text(words=("film", "good", "good film"), idf=(1.0, 1.0, 1.0))
    cut = bag_pieces(bag, "Good film, good <b>!", np.array([3.0, 4.0, 2.0]))
    assert "".join(p for p, _ in cut) == "Good film, good <b>!"
    assert [(p, w) for p, w in cut if w] == [("Good", 3.0), ("film", 4.0), ("good", 2.0)]
