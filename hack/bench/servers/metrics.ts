import { request } from "node:https";
import type { Target } from "../client/jobs.ts";

/** What a server counts, by the whole name of the series. The server is known by its address: it was just started. */
export function readMetrics(target: Target): Promise<ReadonlyMap<string, number>> {
  const { origin, cert, key } = target;
  return new Promise((resolve, reject) => {
    const options = { cert, key, rejectUnauthorized: false, agent: false };
    const outgoing = request(`${origin}/metrics`, options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const lines = Buffer.concat(chunks).toString("utf8").split("\n");
        const series = lines.filter((line) => line !== "" && !line.startsWith("#"));
        resolve(
          new Map(
            series.map((line) => {
              const space = line.lastIndexOf(" ");
              return [line.slice(0, space), Number(line.slice(space))];
            }),
          ),
        );
      });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
