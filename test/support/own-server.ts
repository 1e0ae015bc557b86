/** A server whose plugins ask the server itself: what they ask with has to be there before it is. */
import type { UserInfo } from "../../api/meta/user.ts";
import { createInProcessTransport } from "../../cluster/in-process-transport.ts";
import type { Transport } from "../../cluster/transport.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { InProcessOptions, InProcessServer } from "./in-process.ts";
import { openInProcessServer } from "./in-process.ts";

export interface OwnServer {
  /** Reaches the server as the user from when it is open; until then its requests fail. */
  readonly transport: Transport;
  open(options: Omit<InProcessOptions, "clock">): Promise<InProcessServer>;
}

/** A server that is yet to be opened, and the transport that will reach it as a user with every right. */
export function ownServer(clock: Clock, userName = "admin"): OwnServer {
  const user: UserInfo = { name: userName, groups: ["system:masters", "system:authenticated"] };
  let opened: InProcessServer | undefined;
  const transport = createInProcessTransport(
    (request) => {
      if (opened === undefined) throw new Error("not open yet");
      return opened.server.api.dispatch(request);
    },
    user,
    clock,
  );
  return {
    transport,
    async open(options) {
      opened = await openInProcessServer({ ...options, clock });
      return opened;
    },
  };
}
