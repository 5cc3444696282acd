// The words of the page, one file a language. Components hold no text: they say t("page.key").
import keys from "virtual:keys";
import type words from "../words/en.json";

type Words = typeof words;
/** "page.key" for every key of every page in words/en.json. */
export type Key = { [P in keyof Words & string]: `${P}.${keyof Words[P] & string}` }[keyof Words & string];

export const LANGUAGES = { en: "English", es: "Español", ca: "Català" } as const;
export type Language = keyof typeof LANGUAGES;

const files: Record<Language, () => Promise<{ default: string[][] }>> = {
  en: () => import("virtual:words/en"),
  es: () => import("virtual:words/es"),
  ca: () => import("virtual:words/ca"),
};

const state = $state({ language: "en" as Language, words: {} as Record<string, Record<string, string>> });

/** Speak a language from now on. */
export async function speak(language: Language) {
  const texts = (await files[language]()).default;
  state.words = Object.fromEntries(
    keys.map(([page, names], i) => [page, Object.fromEntries(names.map((name, k) => [name, texts[i]![k]!]))]),
  );
  state.language = language;
  document.documentElement.lang = language;
}

/** The language chosen before, else the browser's, else English. */
export function preferred(): Language {
  const wanted = [localStorage.getItem("language"), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return wanted.find((tag): tag is Language => !!tag && tag in LANGUAGES) ?? "en";
}

export const language = () => state.language;

/** The words of a key, with {name} replaced by values.name; numbers are written as the language writes them. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const [page = "", name = ""] = key.split(/\.(.*)/);
  const text = state.words[page]?.[name] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? number(value) : value;
  });
}

/** The words of a key that may not exist, such as the name of something that came from the server. */
export const named = (page: keyof Words, name: string, otherwise = name.replace(/_/g, " ")): string =>
  state.words[page]?.[name] ?? otherwise;

const formats = new Map<string, Intl.NumberFormat>();

function written(value: number, options: Intl.NumberFormatOptions): string {
  const name = state.language + JSON.stringify(options);
  let format = formats.get(name);
  if (!format) formats.set(name, (format = new Intl.NumberFormat(state.language, options)));
  return format.format(value);
}

/** A number as the language writes it: up to `digits` significant figures (whole numbers stay whole). */
export function number(value: number | null | undefined, digits = 4): string {
  if (value == null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
    return written(value, { notation: "scientific", maximumSignificantDigits: 3 });
  }
  return written(value, Number.isInteger(value) ? {} : { maximumSignificantDigits: digits });
}

/** A number with a fixed count of decimals: digits that do not dance while they change. */
export const fixed = (value: number | null | undefined, decimals = 3): string =>
  value == null || !Number.isFinite(value)
    ? "–"
    : written(value, { minimumFractionDigits: decimals, maximumFractionDigits: decimals, signDisplay: "negative" });

/** A share of one as a percentage. */
export const percent = (value: number | null | undefined, decimals = 1): string =>
  value == null || !Number.isFinite(value) ? "–" : written(value, { style: "percent", maximumFractionDigits: decimals });

/** A time of the past as the language writes it. `seconds` since 1970. */
export const moment = (seconds: number): string =>
  new Intl.DateTimeFormat(state.language, { dateStyle: "medium", timeStyle: "short" }).format(seconds * 1000);
