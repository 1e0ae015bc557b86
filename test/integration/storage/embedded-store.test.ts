import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { fakeClock } from "../../../machinery/clock.ts";
import { openEmbeddedStore } from "../../../server/storage/embedded/embedded-store.ts";
import type { Store } from "../../../server/storage/store.ts";
import { storeSuite } from "../../../server/storage/testing/store-suite.ts";

const folder = mkdtempSync(join(tmpdir(), "store-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let count = 0;
const paths = new WeakMap<Store, string>();
const openAt = async (path: string): Promise<Store> => {
  const store = await openEmbeddedStore({ path, clock: fakeClock() });
  paths.set(store, path);
  return store;
};

storeSuite("embedded", {
  open: () => openAt(join(folder, `${++count}`, "store.db")),
  reopen: (store) => openAt(paths.get(store)!),
});
