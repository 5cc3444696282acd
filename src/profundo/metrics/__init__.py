"""Measures of answers, each with a 95 % confidence interval and the number of examples behind it."""

from .classification import CLASSIFICATION, classification_scores
from .compare import (
    Comparison,
    Rival,
    compare_classifiers,
    compare_multilabel,
    compare_regressors,
    verdict,
    verdict_of_losses,
)
from .detection import DETECTION, INSTANCES, detection_scores
from .intervals import mean_score, wilson
from .localisation import LOCALISATION, localisation_scores
from .metric import Metric, Score
from .multilabel import MULTILABEL, multilabel_scores
from .regression import REGRESSION, regression_scores
from .segmentation import SEGMENTATION, segmentation_card, segmentation_scores

__all__ = [
    "CLASSIFICATION",
    "DETECTION",
    "INSTANCES",
    "LOCALISATION",
    "MULTILABEL",
    "REGRESSION",
    "SEGMENTATION",
    "Comparison",
    "Metric",
    "Rival",
    "Score",
    "classification_scores",
    "compare_classifiers",
    "compare_multilabel",
    "compare_regressors",
    "detection_scores",
    "localisation_scores",
    "mean_score",
    "multilabel_scores",
    "regression_scores",
    "segmentation_card",
    "segmentation_scores",
    "verdict",
    "verdict_of_losses",
    "wilson",
]
