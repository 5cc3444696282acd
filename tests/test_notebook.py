"""Objects show themselves in a notebook, and hostile names come out as text."""

import pandas as pd

import profundo


def test_data_plan_and_run_show_themselves(tmp_path):
    frame = pd.DataFrame(
        {"<b>size</b>": [0.5 * (7 * i % 60) for i in range(60)], "price": [2.5 * i for i in range(60)]}
    )
    data = profundo.load(frame, target="price")
    assert "&lt;b&gt;size" in data._repr_html_() and "<b>size" not in data._repr_html_()
    assert "[data]" in profundo.plan(frame, "price", epochs=1)._repr_html_()
    run = profundo.train(frame, "price", epochs=1, baselines=False, evaluate="holdout", out=tmp_path / "<i>run")
    shown = run._repr_html_()
    assert "r2" in shown and "&lt;i&gt;run" in shown and "<i>" not in shown
