import type { Row } from "../rows.ts";
import { keyOf } from "../rows.ts";
import type { ServerName } from "../servers/server.ts";
import { slopeOf } from "../statistics.ts";

export interface Growth {
  readonly measure: string;
  readonly what: string;
  readonly server: ServerName;
  readonly sizes: readonly number[];
  /** The time of one operation grows with the number of objects to the power of this. */
  readonly time: number;
  /** The bytes of its answer to the power of this; absent when they were not counted. */
  readonly bytes?: number;
}

/** The exponent that fits best, by least squares over the logarithms. */
export function exponentOf(points: readonly (readonly [size: number, value: number])[]): number {
  return slopeOf(points.map(([size, value]) => [Math.log(size), Math.log(value)]));
}

/** Every measure that was taken at several sizes. */
export function growthOf(rows: readonly Row[]): Growth[] {
  const series = new Map<string, Row[]>();
  for (const row of rows) {
    if (row.size === undefined) continue;
    const key = keyOf({ measure: row.measure, what: row.what });
    series.set(key, [...(series.get(key) ?? []), row]);
  }
  return [...series.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length < 2) return [];
    return (Object.keys(first.servers) as ServerName[]).flatMap((server) => {
      const points = group.flatMap(({ size = 0, unit, servers }) => {
        const figures = servers[server];
        if (figures === undefined) return [];
        return [{ size, time: unit === "/s" ? 1 / figures.value : figures.value, bytes: figures.bytes }];
      });
      if (points.length < 2) return [];
      const sized = points.flatMap(({ size, bytes }) =>
        bytes === undefined ? [] : [[size, bytes] as const],
      );
      return [
        {
          measure: first.measure,
          what: first.what,
          server,
          sizes: points.map(({ size }) => size),
          time: exponentOf(points.map(({ size, time }) => [size, time])),
          ...(sized.length < points.length ? {} : { bytes: exponentOf(sized) }),
        },
      ];
    });
  });
}
