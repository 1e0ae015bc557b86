import { randomUUID } from "node:crypto";
import { packValue } from "../../../server/storage/records/value-packing.ts";
import { decodeRecord } from "../../../server/storage/records/record.ts";
import { recordName } from "../../../server/storage/records/record-name.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { systemNamespace } from "../../../test/support/cluster.ts";
import type { Range } from "../copies.ts";
import { Copier, original, placeOf } from "../copies.ts";
import { readKey, writeKeys } from "./etcd.ts";

/** The group in which the kind is a native CRD. */
export const nativeGroup = "native.hawsepipe.dev";

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** Copies the first object of the native CRD within etcd. */
export async function copyNative(etcd: string, range: Range): Promise<void> {
  const keyOf = ({ namespace, name }: Place): string =>
    `/registry/${nativeGroup}/modeldeployments/${namespace}/${name}`;
  const copier = new Copier(await readKey(etcd, keyOf(original)));
  await writeKeys(
    etcd,
    numbers(range, (i) => [keyOf(placeOf(i)), copier.copy(i, randomUUID())]),
  );
}

/** Copies the record of the first object of ours. */
export async function copyRecords(etcd: string, range: Range): Promise<void> {
  const keyOf = ({ namespace, name }: Place): string =>
    `/registry/hawsepipe.dev/modeldeployments/${namespace}/${name}`;
  const recordKey = (key: string): string =>
    `/registry/storage.hawsepipe.dev/records/${systemNamespace}/${recordName(key)}`;
  const record = JSON.parse(await readKey(etcd, recordKey(keyOf(original)))) as KubeObject & { spec: object };
  // etcd keeps no resourceVersion in its values: it is where they are.
  const state = decodeRecord({ ...record, metadata: { ...record.metadata, resourceVersion: "1" } });
  if (state === undefined) throw new Error("the record of the first object holds nothing");
  const copier = new Copier(state.value.toString("utf8"));
  await writeKeys(
    etcd,
    numbers(range, (i) => {
      const key = keyOf(placeOf(i));
      const value = Buffer.from(copier.copy(i, randomUUID()));
      const copy = {
        ...record,
        metadata: { ...record.metadata, name: recordName(key), uid: randomUUID() },
        spec: { ...record.spec, key, ...packValue(value), write: randomUUID() },
      };
      return [recordKey(key), JSON.stringify(copy)];
    }),
  );
}

function* numbers<T>({ from, to }: Range, of: (i: number) => T): Generator<T> {
  for (let i = from; i < to; i += 1) yield of(i);
}
