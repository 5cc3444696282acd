// What can be chosen by hand. The names are profundo's own; every one is an option of `profundo train`.

export const ACTIVATIONS = ["tanh", "relu", "sigmoid", "linear", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus", "scaled_tanh"];
export const INITIALISATIONS = ["default", "glorot", "he", "orthogonal", "lsuv", "normal", "zeros"];
export const OPTIMIZERS = ["sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamax", "nadam", "amsgrad", "adamw", "muon"];
export const LOSSES: Record<string, string[]> = {
  classification: ["cross_entropy", "nll", "focal", "hinge", "perceptron"],
  regression: ["mse", "l1", "huber"],
};
export const RATES = [0.00001, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
export const PENALTIES = [0, 0.00001, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
export const BATCHES = [1, 2, 5, 10, 20, 32, 50, 64, 100, 128, 256];

/** A list to choose from that holds the present value even where it is none of the usual ones. */
export const holding = <T>(list: readonly T[], value: T | undefined): T[] =>
  value === undefined || list.includes(value) ? [...list] : [value, ...list];

/** The same for numbers, in order. */
export const holdingNumber = (list: readonly number[], value: number | undefined): number[] =>
  holding(list, value).sort((a, b) => a - b);
