// The game of this page: what the person set, what the worker told last, and the orders that go out.
import { remember } from "../lib/address.svelte";
import { isOpen, on, send } from "../lib/socket";
import { still } from "../lib/theme.svelte";
import { Failure } from "../lib/api";
import type { Message } from "../lib/frames";
import type { Trace } from "../step/trace";
import type { Example, Frame, Layer, Problem, Ready, Said, View } from "./protocol";
import { read, wishes, write, type Chosen } from "./settings";

/** A unit by its column in the picture, 0 for the inputs, and its place. The worker counts from the first hidden layer. */
export type Unit = [layer: number, index: number];
const PATIENCE = 60; // milliseconds in which several changes of a slider become one new network
/** Batches a frame at most; null is as many as it can. */
export const PACES = { slow: 1, medium: 20, full: null } as const;
export type Pace = keyof typeof PACES;

export class Game {
  chosen = $state<Chosen>({});
  ready = $state.raw<Message<Ready>>();
  view = $state.raw<Message<View>>();
  frame = $state.raw<Message<Frame>>();
  example = $state.raw<Message<Example>>();
  trace = $state.raw<Trace>();
  said = $state.raw<Said>();
  failure = $state<Failure>();
  running = $state(false);
  busy = $state(true);
  looked = $state<Unit | null>(null);
  picked = $state<Unit | null>(null);
  pace = $derived<Pace>(this.chosen.pace && this.chosen.pace in PACES ? (this.chosen.pace as Pace) : "medium");
  /** Whether the lines are the gradient of the batch so far, while its examples are looked at one by one. */
  gradient = $state(true);
  /** The columns of the data in their own order, also those that were left out since. */
  order = $state.raw<string[]>([]);
  /** The formulas that were asked for of these data, also those that are switched off now. */
  typed = $state.raw<string[]>([]);
  /** The network that these data get where none is asked for. */
  usual = $state("mlp");

  /** The columns of the picture: the inputs, then the layers. */
  columns = $derived.by((): Layer[] => {
    if (!this.ready) return [];
    const { inputs, layers } = this.ready.header;
    const first = { name: "", type: "inputs", activation: null, weights: false, shape: [inputs.units] };
    return [{ ...first, ...inputs }, ...layers];
  });

  #lost = false; // the process that trained has ended
  #source: string | undefined; // that was asked for last
  #had: string | undefined; // that the network on the page learns from
  #stop: (() => void)[] = [];
  #next: Message<Frame> | undefined;
  #due = 0;
  #starting: ReturnType<typeof setTimeout> | undefined;
  #resume = false;
  #saying: { resolve: (said: Said) => void; reject: (failure: Failure) => void } | undefined;

  /** Begin with the settings of an address; it learns at once, unless it says run=0 or the person prefers stillness. */
  open(query: Record<string, string>) {
    this.chosen = { source: "spiral", ...read(query) };
    this.running = query.run !== "0" && !still();
    this.#stop = [
      on<Ready>("ready", (message) => this.#arrived(message)),
      on<View>("view", (message) => (this.view = message)),
      on<Frame>("frame", (message) => this.#show(message)),
      on<Example>("example", (message) => this.#looked(message)),
      on<Trace>("trace", ({ header }) => (this.trace = this.picked ? header : undefined)),
      on<Said>("said", ({ header }) => this.#answer(header)),
      on<Problem>("error", ({ header }) => this.#failed(header)),
      on("open", () => this.start()),
      on("closed", () => this.#failed({ error: { kind: "Unreachable", message: "" } })),
    ];
    document.addEventListener("visibilitychange", this.#hidden);
    if (isOpen()) this.start();
  }

  close() {
    for (const stop of this.#stop) stop();
    document.removeEventListener("visibilitychange", this.#hidden);
    clearTimeout(this.#starting);
    cancelAnimationFrame(this.#due);
    if (isOpen()) this.#order("pause");
  }

  /** A new network with the present settings. */
  start() {
    clearTimeout(this.#starting);
    this.busy = true;
    this.example = this.trace = this.said = undefined;
    const { source } = this.chosen;
    const axes = this.chosen.axes?.split(",") ?? (source === this.#source ? this.view?.header.axes : undefined);
    this.#source = source;
    this.#order("start", {
      source,
      wishes: wishes(this.chosen),
      view: { ...(axes ? { axes } : {}), unit: null },
      run: false,
    });
  }

  /** Change settings: the address says so, and a new network begins (soon: sliders change often). */
  set(changes: Chosen) {
    Object.assign(this.chosen, changes);
    if (changes.derive) this.typed = [...new Set([...this.typed, ...changes.derive])];
    if ("source" in changes) {
      this.typed = [];
      for (const name of ["target", "task", "axes", "loss", "derive", "drop", "noise", "draw", "network"] as const) {
        if (!(name in changes)) delete this.chosen[name];
      }
    }
    if (changes.hidden) delete this.chosen.network;
    this.#write();
    clearTimeout(this.#starting);
    this.#starting = setTimeout(() => this.start(), PATIENCE);
  }

  /** Another learning rate: while it learns from the next step on; before the first step as a setting. */
  rate(lr: number) {
    if (!this.frame?.header.step) return this.set({ lr });
    this.chosen.lr = lr;
    this.#write();
    this.#order("lr", { value: lr });
  }

  toggle() {
    this.running = !this.running;
    if (this.#lost) return this.start();
    this.example = undefined;
    if (this.running) this.pick(null);
    this.#order(this.running ? "run" : "pause");
  }

  batch() {
    this.running = false;
    this.example = undefined;
    if (this.#lost) return this.start();
    this.#order("batch", { count: 1 });
    this.#follow(null);
  }

  one() {
    if (this.running) this.toggle();
    if (this.#lost) return this.start();
    this.#order("example");
  }

  reset() {
    this.running = false;
    this.start();
  }

  walk(pace: Pace) {
    this.chosen.pace = pace;
    this.#write();
    this.#order("pace", { steps: PACES[pace] });
  }

  axes(axes: [string, string]) {
    this.chosen.axes = axes.join(",");
    this.#write();
    this.#order("view", { axes });
  }

  /** Whether something of the page is shown: "test" data, a "discrete" surface, a "log" scale. */
  shows = (what: string): boolean => this.chosen.show?.includes(what) ?? false;

  show(what: string, on: boolean) {
    const others = (this.chosen.show ?? []).filter((each) => each !== what);
    this.chosen.show = on ? [...others, what] : others;
    this.#write();
  }

  /** Show a unit's map large (null: the answer of the network). */
  look(unit: Unit | null) {
    if (String(unit) === String(this.looked)) return;
    this.looked = unit;
    this.#order("view", { unit: unit && unit[0] > 0 ? [unit[0] - 1, unit[1]] : null });
  }

  /** Follow one unit number by number, with the next example or with that one. */
  pick(unit: Unit | null, example: number | null = null) {
    this.picked = unit;
    this.trace = undefined;
    if (unit && this.running) this.toggle();
    this.#follow(example);
  }

  /** The command and the Python that give this very network. */
  say(): Promise<Said> {
    if (this.running) this.toggle();
    this.#order("say");
    return new Promise((resolve, reject) => (this.#saying = { resolve, reject }));
  }

  #follow(example: number | null) {
    if (this.picked) this.#order("trace", { unit: [this.picked[0] - 1, this.picked[1]], example });
  }

  #looked(message: Message<Example>) {
    this.example = message;
    this.#follow(message.header.id);
  }

  #order(what: string, more: Record<string, unknown> = {}) {
    send({ to: "play", do: what, ...more });
  }

  #write() {
    remember(write(this.chosen));
  }

  #arrived(message: Message<Ready>) {
    const { columns, target, name } = message.header;
    const own = columns.filter((each) => !each.formula && each.name !== target).map((each) => each.name);
    const before = name === this.ready?.header.name ? this.order : [];
    this.order = [...before, ...own.filter((each) => !before.includes(each))].filter((each) => each !== target);
    if (!this.chosen.network) this.usual = String(message.header.wishes.network ?? "");
    this.#had = this.#source;
    this.ready = message;
    this.frame = this.view = this.#next = undefined;
    this.looked = null;
    this.busy = this.#lost = false;
    this.failure = undefined;
    this.#order("pace", { steps: PACES[this.pace] });
    if (this.running && !document.hidden) this.#order("run");
    const { picked } = this;
    const layer = picked && message.header.layers[picked[0] - 1];
    if (!picked || !layer || picked[1] >= layer.shown) this.picked = null;
  }

  #show(message: Message<Frame>) {
    this.#next = message;
    this.#due ||= requestAnimationFrame(() => {
      this.#due = 0;
      if (!this.#next || this.#next.header.game !== this.ready?.header.game) return;
      this.frame = this.#next;
      if (this.frame.header.stopped) this.running = false;
    });
  }

  #answer(said: Said) {
    this.said = said;
    this.#saying?.resolve(said);
  }

  #failed({ error, message, ended }: Problem) {
    if (ended) [this.#lost, this.running] = [true, false];
    if (this.busy && this.#source !== this.#had) this.ready = this.frame = this.view = undefined;
    this.busy = false;
    this.failure = new Failure(error?.message ?? message ?? "", error?.kind);
    this.#saying?.reject(this.failure);
    this.#saying = undefined;
  }

  #hidden = () => {
    if (document.hidden) {
      this.#resume = this.running;
      if (this.running) this.toggle();
    } else if (this.#resume) this.toggle();
  };
}
