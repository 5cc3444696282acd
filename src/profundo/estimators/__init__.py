"""The scikit-learn door: networks as estimators, for pipelines, searches and cross-validation."""

from .classifier import NetworkClassifier
from .regressor import NetworkRegressor

__all__ = ["NetworkClassifier", "NetworkRegressor"]
