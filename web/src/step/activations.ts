// The activations by name: their value, to draw their curve, and their formulas as they are written in books.

type Activation = { at: (z: number) => number; formula: string; slope: string };

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const softplus = (z: number) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** The normal distribution function by Abramowitz and Stegun 1964, 7.1.26 (to 1e-7: enough for a curve). */
function normal(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const k = 1 / (1 + 0.3275911 * x);
  const series = k * (0.254829592 + k * (-0.284496736 + k * (1.421413741 + k * (-1.453152027 + k * 1.061405429))));
  const half = (1 - series * Math.exp(-x * x)) / 2;
  return z < 0 ? 0.5 - half : 0.5 + half;
}

const SELU = 1.0507009873554805;
const ALPHA = 1.6732632423543772;

export const ACTIVATIONS: Record<string, Activation> = {
  linear: { at: (z) => z, formula: "a = z", slope: "∂a/∂z = 1" },
  relu: { at: (z) => Math.max(z, 0), formula: "a = max(0, z)", slope: "∂a/∂z = 1 (z > 0), 0 (z ≤ 0)" },
  leaky_relu: { at: (z) => (z > 0 ? z : 0.01 * z), formula: "a = max(0.01 z, z)", slope: "∂a/∂z = 1 (z > 0), 0.01 (z ≤ 0)" },
  elu: { at: (z) => (z > 0 ? z : Math.expm1(z)), formula: "a = z (z > 0), eᶻ − 1 (z ≤ 0)", slope: "∂a/∂z = 1 (z > 0), eᶻ (z ≤ 0)" },
  selu: {
    at: (z) => SELU * (z > 0 ? z : ALPHA * Math.expm1(z)),
    formula: "a = 1.0507 · z (z > 0), 1.0507 · 1.6733 (eᶻ − 1) (z ≤ 0)",
    slope: "∂a/∂z = 1.0507 (z > 0), 1.7581 eᶻ (z ≤ 0)",
  },
  gelu: { at: (z) => z * normal(z), formula: "a = z Φ(z)", slope: "∂a/∂z = Φ(z) + z φ(z)" },
  silu: { at: (z) => z * sigmoid(z), formula: "a = z σ(z)", slope: "∂a/∂z = σ(z) (1 + z (1 − σ(z)))" },
  mish: { at: (z) => z * Math.tanh(softplus(z)), formula: "a = z tanh(ln(1 + eᶻ))", slope: "∂a/∂z = a/z + z σ(z) (1 − (a/z)²)" },
  softplus: { at: softplus, formula: "a = ln(1 + eᶻ)", slope: "∂a/∂z = σ(z)" },
  tanh: { at: Math.tanh, formula: "a = tanh(z)", slope: "∂a/∂z = 1 − a²" },
  scaled_tanh: {
    at: (z) => 1.7159 * Math.tanh((2 * z) / 3),
    formula: "a = 1.7159 tanh(2z / 3)",
    slope: "∂a/∂z = 1.7159 · ⅔ (1 − (a / 1.7159)²)",
  },
  sigmoid: { at: sigmoid, formula: "a = σ(z) = 1 / (1 + e⁻ᶻ)", slope: "∂a/∂z = a (1 − a)" },
};

/** The loss of one example, as it is written in books; o are the outputs, t the true value, p the probabilities. */
export const LOSSES: Record<string, string> = {
  cross_entropy: "L = − ln p(y),  p = softmax(o)",
  nll: "L = − ln p(y),  p = softmax(o)",
  focal: "L = − (1 − p(y))^γ ln p(y)",
  hinge: "L = max(0, 1 + max o(k ≠ y) − o(y))",
  perceptron: "L = max o(k) − o(y)",
  mse: "L = (o − t)²",
  l1: "L = |o − t|",
  huber: "L = ½ (o − t)²  (|o − t| ≤ δ)",
  gaussian_nll: "L = ½ ((t − μ)² / σ² + ln σ² + ln 2π)",
  binary_cross_entropy: "L = − t ln σ(o) − (1 − t) ln(1 − σ(o))",
};
