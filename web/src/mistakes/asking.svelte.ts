// What the page of mistakes asks about: the run, the cell of the matrix, the threshold, the example and how it is explained.
import { ask } from "../lib/api";
import { remember, settings } from "../lib/address.svelte";
import type { Message as Told } from "../lib/frames";
import { curve, labelled, measures, type Example, type How, type Mistakes } from "./types";

export const PAGE = 24; // examples that are asked for at once
const WAIT = 250; // milliseconds after the last move of the threshold
const USUAL = { method: "integrated_gradients", baseline: "average" };

const whole = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined);
const share = (text: string | undefined) => (text && Number(text) >= 0 && Number(text) <= 1 ? Number(text) : undefined);

export class Asking {
  run = $state("");
  target = $state("");
  cell = $state<{ true: string | null; said: string | null }>({ true: null, said: null });
  label = $state("");
  threshold = $state<number>();
  row = $state<number>();
  how = $state<How>({ ...USUAL, label: "", against: "" });

  told = $state.raw<Told<Mistakes>>();
  failure = $state<unknown>();
  busy = $state(false);

  found = $derived(this.told?.header);
  several = $derived(!!this.found && this.found.targets.length > 1);
  two = $derived(!!this.found && labelled(this.found) && this.found.labels.length === 2);
  counts = $derived(this.matrix());
  question = $derived({
    ...(this.target ? { target: this.target } : {}),
    ...(this.cell.true === null ? {} : { true: this.cell.true }),
    ...(this.cell.said === null ? {} : { said: this.cell.said }),
    ...(this.label ? { label: this.label } : {}),
    ...(this.threshold === undefined ? {} : { threshold: this.threshold }),
  });
  shown = $derived(this.found?.examples.rows.length ?? 0);
  says = $derived({
    verb: "mistakes",
    source: this.found?.run ?? this.run,
    ...this.question,
    ...(this.shown > PAGE ? { count: this.shown } : {}),
  });

  #asked = 0;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  /** Begin with what the address says. */
  constructor() {
    const given = settings();
    this.run = given["run"] ?? "";
    this.target = given["target"] ?? "";
    this.cell = { true: given["true"] ?? null, said: given["said"] ?? null };
    this.label = given["label"] ?? "";
    this.threshold = share(given["threshold"]);
    this.row = whole(given["row"]);
    const { method = USUAL.method, baseline = USUAL.baseline, why = "", against = "" } = given;
    this.how = { method, baseline, label: why, against };
    if (this.run) this.load();
  }

  /** Write the settings into the address; what is usual is left out. */
  write(more: Record<string, string | undefined>) {
    const { method, baseline, label, against } = this.how;
    const unusual = { method: method === USUAL.method ? "" : method, baseline: baseline === USUAL.baseline ? "" : baseline };
    remember({ run: this.run, ...this.question, ...more, row: this.row, why: label, against, ...unusual });
  }

  /** Ask for what the settings say; `skip` asks for further examples of the same cell. */
  async load(skip = 0) {
    const mine = ++this.#asked;
    this.busy = true;
    try {
      const answer = await ask<Mistakes>("mistakes", { run: this.run, ...this.question, skip, count: PAGE });
      if (mine !== this.#asked) return;
      this.told = skip && this.told ? joined(this.told, answer) : answer;
      this.failure = undefined;
      const first = answer.header.examples.rows[0];
      if (this.row === undefined && first) this.explain(first);
    } catch (error) {
      if (mine !== this.#asked) return;
      this.failure = error;
      if (!skip) this.told = undefined;
    } finally {
      if (mine === this.#asked) this.busy = false;
    }
  }

  /** Look at another run. */
  choose(run: string) {
    this.run = run;
    this.how = { ...this.how, baseline: USUAL.baseline };
    this.aim("");
  }
  /** Look at one of several targets. */
  aim(target: string) {
    this.target = target;
    this.label = "";
    this.cell = { true: null, said: null };
    this.threshold = this.row = undefined;
    this.how = { ...this.how, label: target, against: "" };
    this.load();
  }
  /** Look at a cell of the matrix, or at all that are wrong. */
  look(truth: string | null, said: string | null) {
    this.cell = { true: truth, said };
    this.row = undefined;
    this.how = { ...this.how, label: this.target };
    this.load();
  }
  /** Look at an example by its row. */
  pick(row: number) {
    const example = this.found?.examples.rows.find((one) => one.row === row);
    if (example) this.explain(example);
    else this.row = row;
  }
  /** Explain an example; one that is wrong: why that label, rather than the true one. */
  explain(example: Example) {
    this.row = example.row;
    const truth = String(example.true);
    const many = !!this.found && labelled(this.found) && this.found.labels.length > 2;
    this.how = { ...this.how, against: many && example.true !== example.said ? truth : "" };
  }
  /** Move the threshold; the answer is asked for when it rests. */
  move(value: number) {
    this.threshold = value;
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.load(), WAIT);
  }
  /** Hold another label against the rest. */
  hold(label: string) {
    this.label = label;
    this.threshold = undefined;
    this.load();
  }

  /** The counts; those of two labels move with the threshold before the answer has come. */
  private matrix(): number[][] {
    const { found, told, threshold } = this;
    if (!found || !labelled(found)) return [];
    const card = found.threshold;
    if (!card || !told || !this.two || threshold === undefined || card.value === threshold) return found.counts;
    const { tp, fp } = curve(told.planes);
    const at = Math.round(threshold * (tp.length - 1));
    const [right, wrong] = [tp[at]!, fp[at]!];
    const { fn, tn } = measures(right, wrong, card.positives, card.n);
    return card.label === found.labels[1] ? [[tn, wrong], [fn, right]] : [[right, fn], [wrong, tn]];
  }
}

function joined(first: Told<Mistakes>, more: Told<Mistakes>): Told<Mistakes> {
  const rows = [...first.header.examples.rows, ...more.header.examples.rows];
  const header = { ...first.header, examples: { ...more.header.examples, skip: 0, rows } } as Told<Mistakes>["header"];
  return { header, planes: { ...first.planes, ...more.planes } };
}
