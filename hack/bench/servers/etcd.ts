/** Reads and writes etcd itself, through its gateway for JSON: to put there what kube-apiserver would have written. */

/** So many writes are under way at once; etcd puts them on disk together. */
const writers = 64;

const base64 = (text: string): string => Buffer.from(text).toString("base64");

async function call(url: string, method: string, body: object): Promise<unknown> {
  const response = await fetch(`${url}/v3/kv/${method}`, { method: "POST", body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`etcd answered ${String(response.status)} ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

/** The value of a key. */
export async function readKey(url: string, key: string): Promise<string> {
  const found = (await call(url, "range", { key: base64(key) })) as { kvs?: { value: string }[] };
  const [first] = found.kvs ?? [];
  if (first === undefined) throw new Error(`etcd has no ${key}`);
  return Buffer.from(first.value, "base64").toString("utf8");
}

/**
 * Writes keys, each with a revision of its own, as kube-apiserver does it and all who watch rely on; durable when it
 * resolves.
 */
export async function writeKeys(
  url: string,
  pairs: Iterable<readonly [key: string, value: string]>,
): Promise<void> {
  const left = pairs[Symbol.iterator]();
  const writer = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      const [key, value] = next.value;
      await call(url, "put", { key: base64(key), value: base64(value) });
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
}
