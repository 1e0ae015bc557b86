/** Reads and writes etcd itself, through its gateway for JSON: to put there what kube-apiserver would have written. */

/** etcd takes no more operations in a transaction by default, nor larger ones than 1.5 MiB. */
const operations = 100;
const bytes = 1024 * 1024;

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

/** Writes keys, each once; durable when it resolves. */
export async function writeKeys(
  url: string,
  pairs: Iterable<readonly [key: string, value: string]>,
): Promise<void> {
  let some: object[] = [];
  let size = 0;
  const send = async (): Promise<void> => {
    if (some.length > 0) await call(url, "txn", { success: some });
    some = [];
    size = 0;
  };
  for (const [key, value] of pairs) {
    if (some.length === operations || size + value.length > bytes) await send();
    some.push({ requestPut: { key: base64(key), value: base64(value) } });
    size += value.length;
  }
  await send();
}
