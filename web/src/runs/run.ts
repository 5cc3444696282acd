// What the server tells of runs (profundo.folders), and how the page finds and sorts them: as `profundo runs` does.
import { fixed, named, number } from "../lib/words.svelte";

export type Score = { value: number | null; low: number | null; high: number | null; n?: number };
export type State = "running" | "finished" | "stopped" | "interrupted" | "failed" | "damaged";
export type Run = {
  name: string;
  run: string;
  state: State;
  resumable: boolean;
  data: string;
  task: string;
  network: string;
  main: string | null;
  score: Score | null;
  lower: boolean;
  epochs: number | null;
  parameters: number | null;
  seconds: number | null;
  seed: number | null;
  began: number;
  stopped: string | null;
  error: string;
  stage: string;
  done: number | null;
  tags: string[];
  note: string;
  report: boolean;
};

export type Baseline = { name: string; seconds: number | null; scores: Record<string, Score> | null; note: string };
export type Scores = {
  main: string;
  scores: Record<string, Score>;
  lower?: string[];
  definitions?: Record<string, string>;
  baselines?: Baseline[];
  verdict?: string;
  advice?: { sentence: string };
  stopped?: string;
  lr?: number;
  evaluation?: { method: string; scores: Record<string, Score> };
  spread?: Record<string, { mean: number; low: number; high: number; n: number }>;
};
export type Finding = { name: string; severity: string; text: string; flag?: string; place?: string };
export type Epoch = {
  epoch: number;
  step: number;
  seconds: number;
  train_loss: number;
  validation_loss: number | null;
  lr: number;
  validation?: Record<string, number>;
  losses?: number[];
};
export type Status = {
  state: string;
  stage?: string;
  epoch?: number;
  epochs?: number;
  step?: number;
  steps?: number;
  seconds?: number;
  train_loss?: number;
  lr?: number;
  stopped?: string | null;
  round?: number;
  rounds?: number;
  error?: string;
};
export type Details = {
  run: Run;
  plan: string;
  progress: Epoch[];
  files: { name: string; bytes: number }[];
  log?: string;
  scores?: Scores;
  status?: Status;
  diagnosis?: { findings: Finding[] };
  findings?: { findings: Finding[] };
  data?: { name: string; counts?: Record<string, number>; notes?: Note[] };
};
export type Note = { subject: string; text: string; flag: string; warning: boolean };

export const SORTS = ["began", "name", "state", "data", "task", "network", "score", "seconds"] as const;
export type Sort = (typeof SORTS)[number];
export const STATES: State[] = ["running", "finished", "stopped", "interrupted", "failed", "damaged"];

export type Wanted = { find: string; task: string; state: string; tag: string; sort: Sort; reverse: boolean };

/** What a run is sorted by: unknown last, scores of one kind together, better, newer and longer first. */
function rank(run: Run, sort: Sort): (number | string)[] {
  if (sort === "score") {
    const value = run.score?.value ?? null;
    return [value === null ? 1 : 0, run.main ?? "", value === null ? 0 : run.lower ? value : -value];
  }
  const value = run[sort];
  if (value === null) return [1, 0];
  return [0, typeof value === "number" ? -value : value];
}

function before(a: (number | string)[], b: (number | string)[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return 0;
}

export function chosen(runs: Run[], wanted: Wanted): Run[] {
  const text = wanted.find.toLowerCase();
  const kept = runs.filter(
    (run) =>
      (!wanted.task || run.task === wanted.task) &&
      (!wanted.state || run.state === wanted.state) &&
      (!wanted.tag || run.tags.includes(wanted.tag)) &&
      (!text || [run.name, run.data, run.network, run.note, ...run.tags].join("\n").toLowerCase().includes(text)),
  );
  const sign = wanted.reverse ? -1 : 1;
  const keyed = kept.map((run) => ({ run, key: [...rank(run, wanted.sort)] }));
  keyed.sort((a, b) => sign * before(a.key, b.key) || before([a.run.name], [b.run.name]));
  return keyed.map(({ run }) => run);
}

const SPOKEN: Record<string, string> = { r2: "R²", f1: "F1", roc_auc: "ROC AUC" };
const LETTERS = new Set(["mse", "rmse", "mae", "mase", "mcc", "ece", "map", "iou", "bleu", "wer", "cer"]);

const slug = (text: string) => text.toLowerCase().replace(/[^a-z0-9]+/g, "_");

/** The name of a score as it is spoken of. */
export const metric = (name: string | null): string =>
  SPOKEN[name ?? ""] ??
  named("runs", `metric_${name}`, (name ?? "").split("_").map((word) => (LETTERS.has(word) ? word.toUpperCase() : word)).join(" "));

/** The name of a task as it is spoken of. */
export const task = (name: string): string => named("runs", `task_${name}`, name.replace(/_/g, " "));

/** Why a training ended, as profundo.stopping says it. */
export const why = (reason: string | null | undefined): string => (reason ? named("runs", `why_${slug(reason)}`, reason) : "");

/** A score with as many digits as it needs: three decimals for shares, less for large numbers. */
export function shown(value: number | null | undefined): string {
  if (value == null) return "–";
  return Math.abs(value) < 10 ? fixed(value, 3) : Math.abs(value) < 1000 ? fixed(value, 1) : number(value, 5);
}

/** The interval of a score in words, "" where there is none. */
export const between = (score: Score | null | undefined): string =>
  score?.low == null || score.high == null ? "" : `${shown(score.low)} – ${shown(score.high)}`;

/** A time as 8.1 s, 2 min 5 s, 1 h 10 min. */
export function lasting(seconds: number | null | undefined): string {
  if (seconds == null) return "–";
  if (seconds < 60) return `${fixed(seconds, seconds < 10 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}
