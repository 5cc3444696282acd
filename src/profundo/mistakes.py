"""What a run got wrong: the confusion matrix, the examples of each cell, thresholds, calibration."""
