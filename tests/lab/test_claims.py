"""What the experiments show is true: bounds, minima, ratios, components."""

import numpy as np
import pytest

import profundo
from profundo.lab.perceptron import widest_margin
from profundo.lab.surfaces import SURFACES


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("margin", [0.1, 0.5, 1.5])
def test_novikoffs_bound_holds_and_the_line_arrives(seed, margin):
    found = profundo.lab("perceptron", seed=seed, margin=margin, passes=300)
    assert found["converged"]
    assert len(found["mistakes"]) <= found["bound"]
    assert found["wrong"][-1] == 0
    for before, after, wrong in zip(found["lines"][:-1], found["lines"][1:], found["mistakes"], strict=True):
        x, sign = found["points"][wrong], 2 * found["codes"][wrong] - 1
        assert sign * (before[:2] @ x + before[2]) <= 1e-5, "it was a mistake"
        assert np.allclose(after - before, sign * np.array([*x, 1.0]), atol=1e-4), "Rosenblatt's rule"


def test_the_margin_is_the_widest():
    rng = np.random.default_rng(0)
    for _ in range(20):
        points = rng.normal(size=(12, 3))
        hidden = rng.normal(size=3)
        signed = points * np.sign(points @ hidden)[:, None]
        w, margin = widest_margin(signed)
        assert np.isclose(np.linalg.norm(w), 1)
        assert np.isclose((signed @ w).min(), margin)
        others = rng.normal(size=(4000, 3))
        others /= np.linalg.norm(others, axis=1, keepdims=True)
        assert (signed @ others.T).min(0).max() <= margin + 1e-9
    assert widest_margin(np.array([[1.0, 0, 0], [-1.0, 0, 0]]))[1] == 0


@pytest.mark.parametrize("data", ["xor", "circle"])
def test_without_a_line_the_mistakes_never_end(data):
    found = profundo.lab("perceptron", data=data, passes=60)
    assert not found["converged"]
    assert found["bound"] is None
    assert min(found["by_pass"]) > 0, "every pass has mistakes"
    assert found["wrong"].min() > 0


def test_a_table_of_ones_own_is_parted(tmp_path):
    table = tmp_path / "mine.csv"
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 2))
    rows = [f"{a},{b},{'<b>yes' if a > b else 'no'}" for a, b in x.tolist()]
    table.write_text("first one,second,answer\n" + "\n".join(rows) + "\n")
    found = profundo.lab("perceptron", source=str(table), target="answer", passes=300)
    assert found["names"] == ["first one", "second"]
    assert set(found["labels"]) == {"<b>yes", "no"}
    assert found["converged"] and len(found["mistakes"]) <= found["bound"]


def test_a_line_is_found_where_least_squares_says_and_the_gradients_agree():
    found = profundo.lab("regression", steps=400, lr=0.2)
    m, b = found["path"][-1]
    assert abs(m - found["solution"]["m"]) < 1e-5 and abs(b - found["solution"]["b"]) < 1e-5
    assert found["checks"]["autograd"] < 1e-6 and found["checks"]["finite"] < 1e-6
    step = found["path"][1] - found["path"][0]
    assert np.allclose(step, -0.2 * found["gradients"][0], atol=1e-5), "downhill: against the gradient, no other minus"
    column = np.argmin(np.abs(found["m_axis"] - m))
    row = np.argmin(np.abs(found["b_axis"] - b))
    assert found["surface"][row, column] <= found["surface"].min() * 1.05


def test_too_high_a_rate_flies_away_and_is_told():
    found = profundo.lab("regression", lr=2.0, steps=500)
    assert found["lost"] and found["reached"] is None
    assert np.isfinite(found["path"]).all()
    assert any("too high" in s for s in found["sentences"])


def test_the_gradient_needs_a_hundredth_of_the_guesses():
    found = profundo.lab("search", most=6000, seeds=3)
    assert found["ratios"]["guess"]["times"] >= 100
    assert found["ratios"]["nudge"]["times"] > 1
    assert all(run["reached"] for run in found["gradient"])


def test_the_lowest_points_of_the_surfaces_are_lowest():
    import torch

    for name, place in SURFACES.items():
        for x, y in place.lowest:
            at = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
            height = place.height(at[0], at[1])
            (slope,) = torch.autograd.grad(height, at)
            assert slope.abs().max() < 1e-3, name
            around = torch.tensor([[x + dx, y + dy] for dx in (-0.01, 0, 0.01) for dy in (-0.01, 0, 0.01)]).double()
            assert float(place.height(around[:, 0], around[:, 1]).min()) >= height.item() - 1e-6, name


def test_the_race_is_run_by_the_rules():
    found = profundo.lab("race", surface="bowl", optimizers=["sgd", "momentum"], lr=0.1, steps=20)
    start = np.array(found["start"])
    for k in range(21):
        assert np.allclose(found["paths"][0, k], start * 0.8**k, atol=1e-5), "x <- x - 0.1 * 2 x"
    v, p = np.zeros(2), start
    for k in range(21):
        assert np.allclose(found["paths"][1, k], p, atol=1e-4)
        v = 0.9 * v + 0.1 * 2 * p
        p = p - v
    wild = profundo.lab("race", surface="rosenbrock", optimizers=["sgd"], lr=1.0)
    assert wild["distances"] == [None]
    assert np.isnan(wild["heights"][0, -1])
    best = profundo.lab("race", surface="beale", steps=200)
    assert best["distances"][best["names"].index("adam")] < 0.01


@pytest.mark.parametrize(("activation", "good"), [("tanh", "glorot"), ("relu", "he")])
def test_a_good_start_keeps_the_variance_and_a_bad_one_loses_it(activation, good):
    wide = {"activation": activation, "units": 512, "examples": 48}
    ratios = [profundo.lab("starts", ways=[good], seed=seed, **wide)["ratio"][0] for seed in range(10)]
    assert 0.5 <= np.mean(ratios) <= 2, ratios
    found = profundo.lab("starts", activation=activation)
    ratio, verdict = (dict(zip(found["ways"], found[key], strict=True)) for key in ("ratio", "verdict"))
    assert ratio["normal"] < 1e-3 and ratio["zeros"] == 0
    assert (verdict[good], verdict["normal"], verdict["zeros"]) == ("arrives", "fades", "fades")
    assert np.allclose(found["histograms"].sum(2), 1, atol=1e-5)


def test_sigmoids_lose_the_gradient_and_relu_keeps_it():
    found = profundo.lab("vanishing")
    assert found["vanished"] == [True, False]
    assert found["first_over_last"][0] < 1e-4 < found["first_over_last"][1]
    assert found["losses"][0, -1] > 0.6 and found["losses"][1, -1] < 0.1


def test_the_page_that_works_one_example_out():
    found = profundo.lab("backprop")
    assert np.isclose(found["outputs"][0], 0.191) and np.isclose(found["losses"][0], 0.3272405)
    told = [round(w, 6) for unit in ("h1", "h2", "out") for w in found["weights"][unit]["after"]]
    assert told == [0.121326, 0.226989, 0.132135, 0.098202, 0.174383, 0.169416]


def test_more_degrees_fit_the_points_better_and_the_rest_worse():
    found = profundo.lab("capacity")
    train, test = np.array(found["train"]), np.array(found["test"])
    assert (np.diff(train) <= 1e-9).all()
    assert 0 < found["best"] < 12
    assert test[0] > test[found["best"]] < test[-1]
    held = profundo.lab("capacity", penalty=0.01)
    assert held["test"][-1] < found["test"][-1], "the penalty holds it"


@pytest.mark.parametrize("seed", range(4))
def test_ojas_rule_finds_the_first_component_and_hebbs_grows(seed):
    oja = profundo.lab("hebb", seed=seed, lr=0.002, passes=30)
    assert oja["cosine"][-1] >= 0.999
    assert abs(oja["length"][-1] - 1) < 0.05
    assert profundo.lab("hebb", seed=seed, rule="hebb")["grew"]
