// The form of a training: its fields come from the options of the command line (GET /api/form), its names from the code.

export type Field = {
  name: string;
  flag: string;
  help: string;
  metavar?: string;
  type: "text" | "list" | "whole" | "number" | "toggle";
  min?: number;
  max?: number;
};
export type Panel = { name: string; fields: Field[] };
export type Form = { panels: Panel[] };
/** What a person wrote, by the name of the field; several values of a list stand on lines of their own. */
export type Texts = Record<string, string>;

type Table = Record<string, unknown>;
export type Guessed = {
  toml: string;
  plan: { data: Table; network: Table; task: Table; transfer: Table; evaluation: Table; recipe: Table };
  notes: { subject: string; text: string; flag: string; warning: boolean }[];
  counts: Record<string, number>;
  columns: { name: string; kind: string; role: string }[];
  networks: string[];
  losses: string[];
};

/** What most people change; everything else is one click away. */
const OFTEN = new Set(
  (
    "target task split network hidden activation dropout epochs batch_size optimizer lr schedule " +
    "overfit time_limit evaluate baselines"
  ).split(" "),
);
export const often = ({ name }: Field) => OFTEN.has(name);

/** Fields whose values are NAME=VALUE, or hold spaces: one on a line. */
export const onLines = ({ type, name, metavar }: Field) => type === "list" && (name === "candidate" || !!metavar?.includes("="));

/** The texts as the server reads them: lists of lines, and nothing that is empty. */
export function flagsOf(texts: Texts, fields: Field[]): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {};
  for (const field of fields) {
    const text = (texts[field.name] ?? "").trim();
    if (!text) continue;
    const lines = text.split("\n").map((line) => line.trim());
    found[field.name] = field.type === "list" ? lines.filter(Boolean) : text;
  }
  return found;
}

const PLACES: Record<string, [keyof Guessed["plan"], string]> = {
  task: ["task", "name"],
  network: ["network", "name"],
  kind: ["data", "kinds"],
  optimizer_option: ["recipe", "options"],
  candidate: ["evaluation", "candidates"],
};
const TABLES = ["recipe", "evaluation", "transfer", "data", "task", "network"] as const;

/** What the plan has for a field where nothing is asked for, as it would be typed. */
export function guessFor(name: string, guessed: Guessed | undefined): string {
  if (!guessed) return "";
  if (name === "target") return guessed.columns.filter(({ role }) => role === "target").map((column) => column.name).join(",");
  const [table, key] = PLACES[name] ?? [TABLES.find((each) => guessed.plan[each]?.[name] !== undefined), name];
  return typed(table && guessed.plan[table]?.[key]);
}

function typed(value: unknown): string {
  if (Array.isArray(value)) return value.join(",");
  if (value !== null && typeof value === "object") {
    return Object.entries(value)
      .map(([name, each]) => `${name}=${each}`)
      .join(" ");
  }
  return value === undefined || value === null ? "" : String(value);
}
