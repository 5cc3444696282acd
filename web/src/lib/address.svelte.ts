// The address holds the settings of a page: a link to it shows the same thing.

export const PAGES = ["play", "lab", "train", "inside", "mistakes", "runs"] as const;
export type Page = (typeof PAGES)[number];

const known = (path: string): Page => PAGES.find((name) => path === `/${name}`) ?? "play";

/** Where we are: the page, and how often one went somewhere by a link (so that the same page starts anew). */
export const place = $state({ page: known(location.pathname), visits: 0 });

/** The settings in the address, all as text. */
export const settings = (): Record<string, string> => Object.fromEntries(new URLSearchParams(location.search));

/** Write settings into the address without leaving the page; those that are "", null or undefined are left out. */
export function remember(values: Record<string, string | number | boolean | null | undefined>) {
  const text = link(place.page, values);
  if (text !== location.pathname + location.search) history.replaceState(null, "", text);
}

/** The address of a page with settings: link("inside", {run: "digits-1"}). */
export function link(page: Page, values: Record<string, string | number | boolean | null | undefined> = {}): string {
  const given = Object.entries(values).filter(([, value]) => value !== "" && value != null);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `/${page}${query ? `?${query}` : ""}`;
}

/** Go to another page of the studio, without loading everything again. */
export function go(address: string) {
  history.pushState(null, "", address);
  arrive();
}

function arrive() {
  place.page = known(location.pathname);
  place.visits += 1;
}

/** Follow plain clicks on links to pages of the studio; everything else is the browser's. */
function follow(event: MouseEvent) {
  const target = event.target instanceof Element ? event.target.closest("a") : null;
  const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  if (!target || !plain || event.defaultPrevented || target.target || target.hasAttribute("download")) return;
  if (target.origin !== location.origin || !PAGES.some((name) => target.pathname === `/${name}`)) return;
  if (target.hash && target.pathname === location.pathname) return;
  event.preventDefault();
  go(target.pathname + target.search);
}

document.addEventListener("click", follow);
window.addEventListener("popstate", arrive);
