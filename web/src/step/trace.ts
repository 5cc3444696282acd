// One step of learning as one unit sees it: the answer of profundo.play.trace.

export type Unit = [layer: number, index: number];
export type Row = {
  from: string;
  x: number;
  w: number;
  product: number;
  dz_dw: number;
  dL_dw: number;
  so_far: number;
  mean: number;
  gradient: number;
  step: number;
  new: number;
};
export type Source = { to: string; unit: number; w: number; dL_dz: number; product: number };
export type Trace = {
  unit: { layer: number; index: number; name: string };
  example: { id: number; position: number; of: number; label: string | number | (string | number)[] };
  layers: {
    name: string;
    units: number;
    activation: string;
    normalisation: "none" | "batch" | "layer";
    dropout: number;
    out: number[];
    dL_dz: number[];
  }[];
  rows: Row[];
  forward: { z: number; n: number | null; a: number; kept: number | null; out: number };
  backward: { sources: Source[]; dL_dout: number; dL_da: number; da_dz: number; dL_dn: number | null; dL_dz: number };
  loss: {
    name: string;
    value: number;
    outputs: number[];
    target: number | number[];
    dL_doutput: number[];
    answer: string | number | (string | number)[];
    labels: string[];
    probabilities: number[] | null;
  };
  update: {
    optimizer: string;
    options: Record<string, number>;
    memory: string[];
    step: number;
    lr: number;
    l1: number;
    l2: number;
    weight_decay: number;
    clip: number | null;
  };
  command?: string;
  python?: string;
  left_out: { rows: number; product: number; sources: number };
};

/** A part of the step, in the order in which it happens. */
export type Part = "sum" | "normalise" | "activate" | "loss" | "back" | "slope" | "gradient" | "update";

/** The parts that a unit has: without a normalisation there is none to show. */
export function parts(trace: Trace): Part[] {
  const all: Part[] = ["sum", "normalise", "activate", "loss", "back", "slope", "gradient", "update"];
  return all.filter((part) => part !== "normalise" || trace.forward.n !== null);
}

export const isOutput = ({ unit, layers }: Trace): boolean => unit.layer === layers.length - 1;

/** The plain rule of gradient descent, w - lr g, for which the step is the whole story. */
export const isPlain = ({ update }: Trace): boolean => update.memory.length === 0 && update.weight_decay === 0;
