import type { Ways } from "../twins/aggregated.ts";
import { jsonRequest } from "../twins/pair.ts";

/** Creates a namespace for each of the two, with these labels. */
export async function createLabelled({ native, behind }: Ways, name: string, labels: object): Promise<void> {
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
  for (const { wire } of [native, behind]) {
    const answer = await wire.send(jsonRequest("POST", "/api/v1/namespaces", object));
    if (answer.status !== 201) throw new Error(answer.body);
  }
}

/** Creates an object of the cluster, as it stands. */
export async function post({ native }: Ways, path: string, object: object): Promise<void> {
  const answer = await native.wire.send(jsonRequest("POST", path, object));
  if (answer.status !== 201) throw new Error(answer.body);
}
