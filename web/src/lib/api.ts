// Requests to the server of this page, and to no other.
import { pack, unpack, type Message, type Planes } from "./frames";

/** What went wrong, in the words of the server: what was found and what to do about it. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly kind = "Error",
    readonly status = 0,
  ) {
    super(message);
  }
}

async function request(method: string, path: string, body?: BodyInit, type?: string): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { method, body, headers: type ? { "Content-Type": type } : {} });
  } catch {
    throw new Failure("", "Unreachable");
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Failure(told.error?.message ?? answer.statusText, told.error?.kind, answer.status);
}

async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return (await request(method, path, text, text && "application/json")).json();
}

export const get = <T>(path: string) => json<T>("GET", path);
export const put = <T>(path: string, body: unknown) => json<T>("PUT", path, body);
export const post = <T>(path: string, body: unknown = {}) => json<T>("POST", path, body);
export const del = <T>(path: string) => json<T>("DELETE", path);

/** Send one file of an upload; the server streams it to disk. */
export async function upload<T>(name: string, path: string, file: Blob): Promise<T> {
  const parts = path.split("/").map(encodeURIComponent).join("/");
  const to = `/api/uploads/${encodeURIComponent(name)}/${parts}`;
  return (await request("PUT", to, file, "application/octet-stream")).json();
}

/** Ask the worker a question by its verb: {header, planes}. Throws Failure with the worker's advice. */
export async function ask<H = Record<string, unknown>>(
  verb: string,
  body: Record<string, unknown> = {},
  planes?: Planes,
): Promise<Message<H>> {
  const answer = planes
    ? await request("POST", "/api/ask", pack({ verb, ...body }, planes), "application/octet-stream")
    : await request("POST", "/api/ask", JSON.stringify({ verb, ...body }), "application/json");
  const message = unpack<H>(await answer.arrayBuffer());
  if (message.header.kind !== "error") return message;
  const { error, message: text } = message.header as { error?: { kind?: string; message?: string }; message?: string };
  throw new Failure(error?.message ?? text ?? "", error?.kind);
}
