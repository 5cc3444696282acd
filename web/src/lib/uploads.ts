// Own data: files and folders that were chosen or dropped, sent to the server one after the other.
import { del, get, upload } from "./api";

export type Builtin = { name: string; title: string; task: string; target: string; rows: number; origin: string; made: boolean };
export type Uploaded = { name: string; path: string; files: number; bytes: number; kind: "file" | "folder" };
export type Sources = { builtin: Builtin[]; uploads: Uploaded[] };
export type Item = { path: string; file: File };

export const sources = () => get<Sources>("/api/sources");

/** The files of an <input type="file">; with webkitdirectory they keep their folders. */
export const chosen = (files: FileList): Item[] =>
  Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file }));

/** The files of a drop, folders read through and through. Hidden files (.DS_Store and their like) stay behind. */
export async function dropped(transfer: DataTransfer): Promise<Item[]> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found: Item[] = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry: FileSystemEntry, found: Item[]) {
  if (entry.name.startsWith(".")) return;
  if (entry instanceof FileSystemFileEntry) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\//, ""), file });
  } else if (entry instanceof FileSystemDirectoryEntry) {
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) break;
      for (const each of some) await walk(each, found);
    }
  }
}

/** A name for an upload that no other one has: that of the folder, or of the only file. */
function nameFor(items: Item[], taken: string[]): string {
  const [first] = items;
  const folder = first && first.path.includes("/") ? first.path.split("/")[0]! : "";
  const stem = folder || (items.length === 1 ? first!.file.name.replace(/\.[^.]+$/, "") : "files");
  const clean = stem.replace(/[^\p{L}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 40) || "data";
  let name = clean;
  for (let k = 2; taken.includes(name); k++) name = `${clean}-${k}`;
  return name;
}

/** Send files; `told` hears how many are there. Returns the upload. What failed half-way is taken away again. */
export async function store(items: Item[], told: (done: number, of: number) => void): Promise<Uploaded> {
  const name = nameFor(items, (await sources()).uploads.map((each) => each.name));
  const roots = new Set(items.map(({ path }) => path.split("/")[0]));
  const inside = roots.size === 1 && items.every(({ path }) => path.includes("/"));
  let [done, cleaned] = [0, name];
  const rest = [...items];
  const work = async () => {
    for (let item = rest.shift(); item; item = rest.shift()) {
      const path = inside ? item.path.split("/").slice(1).join("/") : item.path;
      cleaned = (await upload<{ name: string }>(name, path, item.file)).name;
      told(++done, items.length);
    }
  };
  try {
    await Promise.all([work(), work(), work(), work()]);
  } catch (failure) {
    rest.length = 0;
    await del(`/api/uploads/${encodeURIComponent(name)}`).catch(() => undefined);
    throw failure;
  }
  const stored = (await sources()).uploads.find((each) => each.name === cleaned);
  if (!stored) throw new Error(cleaned);
  return stored;
}
