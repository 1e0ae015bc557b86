import { expect, test } from "vitest";
import { openMemoryStore } from "../../server/storage/memory/memory-store.ts";
import type { JournalLine } from "./journal.ts";
import { valueOf } from "./journal.ts";
import { verify } from "./verify.ts";

const nothing = { revision: 1, values: new Map() };
const intent = (serial: number, key: string): JournalLine => ({ is: "intent", serial, type: "create", key });

test.each<{ says: string; journal: JournalLine[]; stored?: [string, Buffer][]; want: RegExp[] }>([
  {
    says: "an acknowledged write that is there passes, and one never acknowledged may be there or not",
    journal: [
      intent(1, "/a"),
      { is: "ack", serial: 1, revision: 2 },
      { is: "seen", revision: 2, key: "/a" },
      intent(2, "/b"),
      intent(3, "/c"),
    ],
    stored: [
      ["/a", valueOf(1)],
      ["/b", valueOf(2)],
    ],
    want: [],
  },
  {
    says: "an acknowledged write that is gone",
    journal: [intent(1, "/a"), { is: "ack", serial: 1, revision: 2 }],
    want: [/write 1, acknowledged with revision 2, is not in the log/],
  },
  {
    says: "an acknowledged write at another revision",
    journal: [intent(1, "/a"), intent(2, "/b"), { is: "ack", serial: 1, revision: 3 }],
    stored: [
      ["/a", valueOf(1)],
      ["/b", valueOf(2)],
    ],
    want: [/write 1, acknowledged with revision 3, is not in the log/],
  },
  {
    says: "a change a watch had shown that is gone",
    journal: [intent(1, "/a"), { is: "seen", revision: 2, key: "/a" }],
    want: [/change of \/a at 2 was shown by a watch and is gone/],
  },
  {
    says: "a value that is not whole",
    journal: [intent(1, "/a")],
    stored: [["/a", valueOf(1).subarray(0, 5)]],
    want: [/revision 2 of \/a is a change nobody made/],
  },
  {
    says: "one write stored twice",
    journal: [intent(1, "/a"), intent(1, "/a")],
    stored: [
      ["/a", valueOf(1)],
      ["/b", valueOf(1)],
    ],
    want: [/revision 3 of \/b is a change nobody made/],
  },
])("the crash test tells: $says", async ({ journal, stored = [], want }) => {
  const store = openMemoryStore();
  for (const [key, value] of stored) await store.create(key, value);
  const { violations } = await verify(store, nothing, journal, { random: () => 0, resumes: 0 });
  expect(violations.length).toBe(want.length);
  want.forEach((pattern, i) => { expect(violations[i]).toMatch(pattern); }); // prettier-ignore
});
