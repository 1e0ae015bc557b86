import { performance } from "node:perf_hooks";
import type { Sample } from "./rows.ts";
import type { Server, ServerName } from "./servers/server.ts";

export interface Rounds {
  readonly rounds: number;
  /** One more round before them, which does not count. */
  readonly warmsUp: boolean;
  /** By `performance.now`; later no other round begins once there is one that counts. */
  readonly until: number;
}

/**
 * Has every server do the work in every round, in turn, so that what is compared is measured within the same seconds. A
 * server that fails is reported, and has no figures; the others go on.
 */
export async function inRounds(
  servers: readonly Server[],
  work: (server: Server) => Promise<readonly Sample[]>,
  { rounds, warmsUp, until }: Rounds,
  failed: (error: unknown, server: ServerName) => void,
): Promise<ReadonlyMap<ServerName, readonly (readonly Sample[])[]>> {
  const samples = new Map<ServerName, (readonly Sample[])[]>(servers.map(({ name }) => [name, []]));
  const isLate = (): boolean => performance.now() > until;
  for (let round = warmsUp && !isLate() ? 0 : 1; round <= rounds && (round < 2 || !isLate()); round += 1) {
    // Nobody is always first after a pause.
    const turn = round % servers.length;
    for (const server of [...servers.slice(turn), ...servers.slice(0, turn)]) {
      const found = samples.get(server.name);
      if (found === undefined) continue;
      try {
        const parts = await work(server);
        if (round > 0) found.push(parts);
      } catch (error) {
        samples.delete(server.name);
        failed(error, server.name);
      }
    }
  }
  return samples;
}
