"""Small experiments that show how learning works: a perceptron, a cost surface, a race of optimisers ..."""
