import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import { readDecided, readDeploymentCorpus } from "../replay/corpus.ts";
import { Decisions } from "../replay/decisions.ts";
import { Session } from "../replay/session.ts";
import { Mask } from "../twins/mask.ts";
import { createNamespace } from "../twins/pair.ts";
import type { Flavours } from "./flavours.ts";
import { startFlavours } from "./flavours.ts";
import { kubectlCommands } from "./kubectl-commands.ts";
import { LeftOut } from "./left-out.ts";
import { sampleExchanges } from "./samples.ts";

const why = noControlPlane();
if (why !== undefined) console.warn(`skipped: our kinds over CRDs and behind an APIService (${why})`);

const corpus = readDeploymentCorpus();
const decided = readDecided();
const decisions = new Decisions(decided);
const patterns = decided.flatMap(({ leftOut = [] }) => leftOut);

describe.skipIf(why !== undefined)("behind an APIService as over CRDs", () => {
  const leftOut = new LeftOut(patterns);
  let flavours: Flavours;
  let stop = async (): Promise<void> => undefined;
  beforeAll(async () => {
    flavours = await startFlavours((wire) => leftOut.from(wire));
    stop = () => flavours.stop();
  });
  afterAll(async () => {
    await stop();
  });

  const files = [...corpus, { name: "modeldeployment/samples", exchanges: sampleExchanges() }];
  describe.each(files)("$name", ({ name, exchanges }) => {
    let session: Session;
    beforeAll(async () => {
      const namespace = `replay-${name.replace("/", "-")}`;
      await createNamespace(flavours, namespace);
      session = new Session(flavours, namespace);
    });
    afterAll(() => {
      session.close();
    });

    test.each(exchanges)("$name", async (exchange) => {
      decisions.check(`${name}: ${exchange.name}`, await session.run(exchange));
    });
  });

  describe("what kubectl prints", () => {
    const namespace = "replay-kubectl";
    const masks = { real: new Mask(), ours: new Mask() };
    beforeAll(() => createNamespace(flavours, namespace));

    test.each(kubectlCommands)("$command", async ({ command, input }) => {
      const args = words(command).map((word) => (word === "NS" ? namespace : word));
      const [real, ours] = await Promise.all(
        (["real", "ours"] as const).map(async (side) => {
          const { code, stdout, stderr } = await flavours.kubectl[side](args, input);
          return masked(leftOut.remove(`${String(code)}\n${stdout}\n${stderr}`), masks[side]);
        }),
      );
      expect(ours).toBe(real);
    });
  });

  test("what is left out of answers was in some", () => {
    expect(leftOut.unseen).toEqual([]);
  });
});

/** A command line as a shell would split it. */
const words = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");

/** Text for people has ages, revisions in its own spelling and names of temporary files. */
const masked = (text: string, mask: Mask): string =>
  mask
    .body(text)
    .replaceAll(/(?<=\s)(?:\d+[smh])+(?=\s)/g, "<age>")
    .replaceAll(/(Resource Version: +)\d+/g, "$1<rv>")
    .replaceAll(/\/tmp\/(LIVE|MERGED)-\d+/g, "$1");
