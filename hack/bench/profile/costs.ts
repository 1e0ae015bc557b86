/** The part of a CPU profile that is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

export interface Cost {
  readonly where: string;
  /** Of all samples that were not idle. */
  readonly share: number;
}

/** The functions most time was spent in themselves, the costliest first. */
export function costsOf({ nodes, samples = [], timeDeltas = [] }: CpuProfile): Cost[] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const file = url.replace(
        /^file:\/\/.*?\/(?=(?:admission|api|cli|cluster|conversion|machinery|node_modules|reconciler|server|transformers)\/)/,
        "",
      );
      const name = functionName === "" ? "(anonymous)" : functionName;
      return [id, file === "" ? name : `${name} ${file}:${String(lineNumber + 1)}`];
    }),
  );
  const spent = new Map<string, number>();
  samples.forEach((id, i) => {
    const where = names.get(id) ?? "?";
    spent.set(where, (spent.get(where) ?? 0) + (timeDeltas[i] ?? 0));
  });
  spent.delete("(idle)");
  const all = [...spent.values()].reduce((sum, time) => sum + time, 0);
  return [...spent].map(([where, time]) => ({ where, share: time / all })).sort((a, b) => b.share - a.share);
}
