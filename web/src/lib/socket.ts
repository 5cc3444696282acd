// The one WebSocket of the page: orders go out as JSON, messages come in as frames. It opens when somebody listens.
import { unpack, type Message } from "./frames";

type Listener = (message: Message) => void;

const listeners = new Map<string, Set<Listener>>();
let socket: WebSocket | undefined;
let waiting: string[] = [];
let patience = 250;

function open() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    patience = 250;
    tell("open", { header: { kind: "open" }, planes: {} });
    for (const order of waiting.splice(0)) socket?.send(order);
  };
  socket.onmessage = ({ data }) => {
    const message = unpack(data as ArrayBuffer);
    tell(String(message.header.kind), message);
  };
  socket.onclose = () => {
    tell("closed", { header: { kind: "closed" }, planes: {} });
    waiting = [];
    patience = Math.min(2 * patience, 5000);
    setTimeout(open, patience);
  };
}

function tell(kind: string, message: Message) {
  for (const listener of listeners.get(kind) ?? []) listener(message);
}

/**
 * Listen to one kind of message: ready, frame, trace, said, error (play), progress (watch), and open, closed (the
 * socket itself: after "open" say again what you want, the server may be a new one). Returns how to stop listening.
 */
export function on<H = Record<string, unknown>>(kind: string, listener: (message: Message<H>) => void): () => void {
  if (!listeners.has(kind)) listeners.set(kind, new Set());
  listeners.get(kind)!.add(listener as Listener);
  if (!socket) open();
  return () => void listeners.get(kind)!.delete(listener as Listener);
}

/** Send an order: {to: "play", do: ...} or {to: "watch", run}. What is sent before the socket is open waits. */
export function send(order: { to: "play" | "watch"; [name: string]: unknown }) {
  const text = JSON.stringify(order);
  if (!socket) open();
  if (socket?.readyState === WebSocket.OPEN) socket.send(text);
  else waiting.push(text);
}

export const isOpen = () => socket?.readyState === WebSocket.OPEN;
