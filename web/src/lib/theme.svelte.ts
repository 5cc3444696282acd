// Light or dark: as the system says, or as the person chose. Canvases ask here, so that they are drawn anew.

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const system = matchMedia("(prefers-color-scheme: dark)");
const saved = localStorage.getItem("theme") as Theme | null;
const state = $state({ theme: (saved ?? "system") as Theme, system: system.matches });
system.addEventListener("change", () => (state.system = system.matches));

export const theme = () => state.theme;
export const dark = () => (state.theme === "system" ? state.system : state.theme === "dark");

export function choose(theme: Theme) {
  state.theme = theme;
  localStorage.setItem("theme", theme);
  apply();
}

export function apply() {
  if (state.theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = state.theme;
}

export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A colour of theme.css as a canvas takes it: token("--ink") in the theme of now. */
export function token(name: string): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const both = /^light-dark\(([^,]+),([^)]+)\)$/.exec(value);
  return (both?.[dark() ? 2 : 1] ?? value).trim();
}
