"""A network in scikit-learn's own machinery: a pipeline, a search over its settings, cross-validation, a data frame.

python examples/scikit_learn.py
"""

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from profundo.estimators import NetworkClassifier, NetworkRegressor


def digits():
    """Fit, score, and look at the network inside."""
    x_train, x_test, y_train, y_test = train_test_split(*load_digits(return_X_y=True), test_size=0.3, random_state=0)
    classifier = NetworkClassifier(random_state=0).fit(x_train, y_train)
    print(f"digits: accuracy {classifier.score(x_test, y_test):.3f} after {classifier.n_iter_} epochs")
    print(f"the learning rate found: {classifier.lr_:.3g}; the network:\n{classifier.network_}")


def search():
    """Choose the hidden layers and the activation by cross-validation."""
    x, y = load_iris(return_X_y=True)
    grid = {"hidden": [(16,), (32, 16)], "activation": ["relu", "tanh"]}
    found = GridSearchCV(NetworkClassifier(lr=0.01, epochs=30, random_state=0), grid, cv=3).fit(x, y)
    print(f"iris: accuracy {found.best_score_:.3f} with {found.best_params_}")


def frame():
    """Predict a number from a data frame with a column of text."""
    flowers = load_iris(as_frame=True).frame
    flowers["kind"] = flowers.pop("target").map(dict(enumerate(["setosa", "versicolor", "virginica"])))
    inputs, length = flowers.drop(columns="petal length (cm)"), flowers["petal length (cm)"]
    one_hot = make_column_transformer(
        (OneHotEncoder(), make_column_selector(dtype_exclude="number")), remainder="passthrough"
    )
    model = make_pipeline(one_hot, NetworkRegressor(lr=0.01, random_state=0))
    scores = cross_val_score(model, inputs, length, cv=KFold(3, shuffle=True, random_state=0))
    print(f"petal length: R2 {scores.mean():.3f}")


if __name__ == "__main__":
    digits()
    search()
    frame()
