/** Computes a value when it is first asked for, and keeps it. One that throws is computed again the next time. */
export function lazy<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => (known ??= { value: compute() }).value;
}
