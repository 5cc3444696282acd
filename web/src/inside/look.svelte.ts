// What is looked at, and what was seen: the run, the example, the layer and the unit that are chosen.
import { ask, get } from "../lib/api";
import { remember, settings } from "../lib/address.svelte";
import { drawn, MODES, written, type Header, type Line, type Mode, type Run, type Seen } from "./types";

const whole = (text: string | undefined): number | null => (text && /^\d+$/.test(text) ? Number(text) : null);

export class Look {
  runs = $state.raw<Run[]>();
  run = $state("");
  mode = $state<Mode>("row");
  row = $state<number | null>(null);
  text = $state("");
  source = $state("");
  lines = $state.raw<Line[]>([]);
  layer = $state("");
  unit = $state(0);
  every = $state(false);

  seen = $state.raw<Seen>();
  about = $state.raw<Seen>(); // the unit that is chosen: its kernel and top examples
  busy = $state(false);
  failure = $state.raw<unknown>();
  unitFailure = $state.raw<unknown>();

  #of = $state.raw(""); // the layer whose values were seen
  #asking = false;
  #again = false;
  #units = new Map<string, Seen>();

  header = $derived(this.seen?.header);
  can = $derived(this.header?.can);
  modes = $derived(MODES.filter((mode) => mode === "row" || mode === "file" || this.can?.[mode]));
  /** What the layer that is open gives, and what its cells remember. */
  values = $derived(this.#of === this.layer ? this.seen?.planes.values : undefined);
  memory = $derived(this.#of === this.layer ? this.seen?.planes.memory : undefined);

  async begin() {
    const given = settings();
    this.row = whole(given.row);
    this.text = given.text ?? "";
    this.source = given.source ?? "";
    this.lines = drawn(given.drawing ?? "");
    this.mode = this.lines.length ? "draw" : this.text ? "text" : this.source ? "file" : "row";
    this.layer = given.layer ?? "";
    this.unit = whole(given.unit) ?? 0;
    this.every = given.every === "1";
    try {
      const { runs } = await get<{ runs: Run[] }>("/api/runs");
      this.runs = runs.filter((each) => each.state === "finished");
      const wanted = given.run?.split("/").pop();
      this.run = wanted ?? this.runs[0]?.name ?? "";
    } catch (error) {
      this.failure = error;
      this.runs = [];
    }
    if (this.run) await this.look();
  }

  /** The example as the worker is asked for it. */
  example(): Record<string, unknown> {
    if (this.mode === "draw" && this.lines.length) return { drawing: written(this.lines) };
    if (this.mode === "text" && this.text.trim()) return { text: this.text };
    if (this.mode === "file" && this.source) return { source: this.source, row: this.row };
    return this.mode === "row" ? { row: this.row } : {};
  }

  /** Ask for what is chosen now. While an answer is on its way, only the last wish is kept. */
  async look(): Promise<void> {
    this.remember();
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = this.busy = true;
    try {
      do {
        this.#again = false;
        const { run, layer } = this;
        const example = this.example();
        const verb = example.drawing ? "draw" : "inside";
        const before = this.header?.layers;
        const seen = await ask<Header>(verb, { run, ...example, layer: layer || null });
        if (run !== this.run) continue; // another run was chosen meanwhile
        if (verb === "draw") seen.header.layers.forEach((each, i) => (each.dead = before?.[i]?.dead ?? null));
        this.seen = seen;
        this.#of = layer;
        this.failure = undefined;
        if (!this.#again && (this.mode === "row" || this.mode === "file")) this.row = seen.header.example.row;
      } while (this.#again);
      this.remember();
    } catch (error) {
      this.failure = error;
    } finally {
      this.#asking = this.busy = false;
    }
    if (this.#again) return this.look(); // what was asked for meanwhile, also where this could not be answered
    if (this.layer && this.seen) await this.lookAtUnit();
  }

  /** Ask for the kernel and the top examples of the unit that is chosen; they do not depend on the example. */
  async lookAtUnit() {
    const key = `${this.run} ${this.layer} ${this.unit}`;
    if (!this.#units.has(key)) {
      try {
        const body = { run: this.run, layer: this.layer, unit: this.unit, dead: false };
        this.#units.set(key, await ask<Header>("inside", body));
      } catch (error) {
        this.unitFailure = error;
        return;
      }
    }
    if (key !== `${this.run} ${this.layer} ${this.unit}`) return;
    this.unitFailure = undefined;
    this.about = this.#units.get(key);
  }

  async chooseRun(name: string) {
    this.run = name;
    this.seen = this.about = undefined;
    this.row = null;
    this.mode = "row";
    this.layer = this.text = this.source = "";
    this.lines = [];
    await this.look();
  }

  async chooseMode(mode: Mode) {
    this.mode = mode;
    this.failure = undefined;
    if (mode === "row") this.row = null;
    if (mode !== "file" || this.source) await this.look();
  }

  async chooseRow(row: number | null) {
    this.mode = "row";
    this.row = row;
    await this.look();
  }

  /** Go to another row of what the example is from. */
  async step(row: number | null | undefined) {
    this.row = row ?? null;
    await this.look();
  }

  /** Choose a unit of a layer, or close the layer that is open. */
  async choose(layer: string, unit = 0) {
    const other = layer !== this.layer;
    this.layer = layer;
    this.unit = unit;
    if (other) this.about = undefined;
    this.remember();
    if (!layer) return;
    if (other) await this.look();
    else await this.lookAtUnit();
  }

  async said(): Promise<{ command: string; python: string }> {
    const chosen = this.layer ? { layer: this.layer, unit: this.unit } : {};
    const { header } = await ask<Header>("inside", { run: this.run, ...this.example(), ...chosen, dead: false });
    return header;
  }

  remember() {
    const { drawing, text, source, row } = this.example() as Record<string, string>;
    const unit = this.layer ? this.unit : null;
    remember({ run: this.run, row, text, source, drawing, layer: this.layer, unit, every: this.every ? 1 : "" });
  }
}
