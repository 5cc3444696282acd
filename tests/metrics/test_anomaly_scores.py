"""Scores of oddness and of clusters, held against scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import (
    adjusted_rand_score,
    average_precision_score,
    normalized_mutual_info_score,
    roc_auc_score,
    silhouette_samples,
)

from profundo.errors import DataError
from profundo.metrics.anomalies import ALARMS, ANOMALIES, alarm_scores, anomaly_scores
from profundo.metrics.clustering import CLUSTERING, cluster_scores, separation_scores, silhouettes


def test_oddness_equals_scikit_learn():
    rng = np.random.default_rng(0)
    odd = rng.random(300) < 0.1
    oddness = np.round(rng.normal(odd * 1.0, 1), 1)
    found = anomaly_scores(odd, oddness, oddness > 1.5)
    assert found["average_precision"].value == pytest.approx(average_precision_score(odd, oddness))
    assert found["roc_auc"].value == pytest.approx(roc_auc_score(odd, oddness))
    assert found["found"].value == pytest.approx((oddness > 1.5)[odd].mean())
    assert found["false_alarms"].value == pytest.approx((oddness > 1.5)[~odd].mean())
    assert list(found) == [m.name for m in ANOMALIES]
    assert list(alarm_scores(oddness > 1.5)) == [m.name for m in ALARMS]
    for metric in ANOMALIES[:2]:
        assert metric.compute(odd, oddness) == pytest.approx(found[metric.name].value)
    with pytest.raises(DataError, match="not finite"):
        anomaly_scores(odd, np.full(300, np.nan), odd)


def test_clusters_equal_scikit_learn():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 200)
    clusters = np.where(rng.random(200) < 0.7, labels, rng.integers(0, 5, 200))
    found = cluster_scores(labels, clusters)
    assert found["nmi"].value == pytest.approx(normalized_mutual_info_score(labels, clusters))
    assert found["adjusted_rand"].value == pytest.approx(adjusted_rand_score(labels, clusters))
    x = rng.normal(labels[:, None], 1, (200, 3))
    np.testing.assert_allclose(silhouettes(x, clusters), silhouette_samples(x, clusters)[:], rtol=1e-9)
    assert [*found, *separation_scores(silhouettes(x, clusters))] == [m.name for m in CLUSTERING]
    assert silhouettes(x, np.zeros(200, int)).sum() == 0


def test_one_label_or_one_cluster():
    alike = np.zeros(10, int)
    found = cluster_scores(alike, alike, resamples=10)
    assert found["nmi"].value == 1 and found["adjusted_rand"].value == 1 and found["purity"].value == 1
    assert cluster_scores(alike, np.arange(10) % 2, resamples=10)["nmi"].value == 0
