// What a person set, as the wishes of profundo.train and as the address of the page. What is not set, the worker chooses.

export type Settings = {
  source: string;
  target: string;
  task: string;
  axes: string;
  network: string;
  hidden: number[];
  activation: string;
  initialisation: string;
  dropout: number;
  loss: string;
  optimizer: string;
  lr: number;
  l1: number;
  l2: number;
  batch_size: number;
  noise: number;
  share: number;
  seed: number;
  draw: number;
  derive: string[];
  drop: string[];
  show: string[];
  pace: string;
};
export type Chosen = Partial<Settings>;

const NUMBERS = ["dropout", "lr", "l1", "l2", "batch_size", "noise", "share", "seed", "draw"] as const;
const TEXTS = ["source", "target", "task", "axes", "network", "activation", "initialisation", "loss", "optimizer", "pace"] as const;
const LISTS = ["derive", "drop", "show"] as const;
const OF_LAYERS = ["hidden", "activation", "dropout"];
const OF_PAGE = ["source", "axes", "share", "show", "pace"];

/** Read the settings in an address; what is no number where there must be one is left out. */
export function read(query: Record<string, string>): Chosen {
  const chosen: Chosen = {};
  for (const name of TEXTS) if (query[name]) chosen[name] = query[name];
  for (const name of NUMBERS) {
    if (query[name] && Number.isFinite(Number(query[name]))) chosen[name] = Number(query[name]);
  }
  for (const name of LISTS) if (query[name] !== undefined) chosen[name] = list(query[name]);
  if (query.hidden !== undefined) {
    chosen.hidden = list(query.hidden).map(Number).filter((units) => Number.isInteger(units) && units > 0);
  }
  return chosen;
}

/** Write settings as the values of an address. */
export const write = (chosen: Chosen): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(chosen).map(([name, value]) => [name, name === "hidden" ? String(value) || "-" : String(value ?? "")]),
  );

const list = (text: string) => text.split(",").map((each) => each.trim()).filter((each) => each && each !== "-");

/** The wishes of profundo.train for these settings. */
export function wishes(chosen: Chosen): Record<string, unknown> {
  const wished: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(chosen)) {
    if (!OF_PAGE.includes(name) && value !== undefined && value !== "") wished[name] = value;
  }
  if (chosen.share !== undefined) wished.split = split(chosen.share);
  if (flat(chosen)) {
    for (const name of OF_LAYERS) delete wished[name];
    wished.network ??= "linear";
  }
  return wished;
}

/** Whether there are no hidden layers. */
export const flat = ({ hidden, network }: Chosen): boolean =>
  network ? network === "linear" || network === "perceptron" : hidden?.length === 0;

/** The share of the training part, in percent, as a split: what is left is halved for validation and test. */
export const split = (share: number): string => `${share}/${(100 - share) / 2}/${(100 - share) / 2}`;

/** The share of the training part of a split such as 70/15/15; undefined where it is another kind of split. */
export function shareOf(text: unknown): number | undefined {
  const share = Number(/^(\d+(\.\d+)?)\/\d/.exec(String(text))?.[1]);
  return Number.isFinite(share) ? share : undefined;
}

/** The settings as they are now: those chosen, and for the rest what the worker says it took. */
export function present(chosen: Chosen, told: Record<string, unknown>): Chosen {
  const own = { ...(told.network_options as object), ...(told.task_options as object), ...told } as Chosen & { split?: unknown };
  const layers = chosen.hidden ?? (Array.isArray(own.hidden) ? own.hidden.map(Number) : undefined);
  const hidden = flat({ ...own, ...chosen }) ? [] : layers;
  const derive = chosen.derive ?? (Array.isArray(own.derive) ? own.derive : []);
  const given = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined && value !== ""));
  return { ...own, share: shareOf(own.split), ...given, hidden, derive };
}
