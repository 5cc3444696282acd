// Messages between page and server: the TypeScript half of src/profundo/frames.py.

export type Plane = { shape: number[]; data: Uint8Array | Int32Array | Float32Array };
export type Planes = Record<string, Plane>;
export type Message<H = Record<string, unknown>> = { header: H & { kind?: string }; planes: Planes };

type Described = { name: string; type: "uint8" | "int32" | "float32"; shape: number[]; at: number };

const TYPES = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array };

/** Read a message: the header, and the arrays by name (views, no copies). */
export function unpack<H = Record<string, unknown>>(bytes: ArrayBuffer): Message<H> {
  const length = new DataView(bytes).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  const planes: Planes = {};
  for (const { name, type, shape, at } of (header.planes ?? []) as Described[]) {
    const count = shape.reduce((product, side) => product * side, 1);
    planes[name] = { shape, data: new TYPES[type](bytes, 4 + length + at, count) };
  }
  return { header, planes };
}

/** Put a header and arrays into one message. */
export function pack(header: Record<string, unknown>, planes: Planes = {}): Uint8Array<ArrayBuffer> {
  let at = 0;
  const described: Described[] = Object.entries(planes).map(([name, { shape, data }]) => {
    const type = data instanceof Uint8Array ? "uint8" : data instanceof Int32Array ? "int32" : "float32";
    const begins = at;
    at += Math.ceil(data.byteLength / 4) * 4;
    return { name, type, shape, at: begins };
  });
  const text = new TextEncoder().encode(JSON.stringify({ ...header, planes: described }));
  const padded = Math.ceil(text.length / 4) * 4;
  const bytes = new Uint8Array(4 + padded + at).fill(32, 4, 4 + padded);
  new DataView(bytes.buffer).setUint32(0, padded, true);
  bytes.set(text, 4);
  described.forEach(({ name, at: begins }) => {
    const { buffer, byteOffset, byteLength } = planes[name]!.data;
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), 4 + padded + begins);
  });
  return bytes;
}
