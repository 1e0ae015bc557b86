import type { Twin } from "../twins/pair.ts";
import type { Sender, WireRequest } from "../twins/wire.ts";

/** A server that keeps what it is sent. */
export function recorded(twin: Twin): { readonly twin: Twin; readonly sent: readonly WireRequest[] } {
  const sent: WireRequest[] = [];
  const wire: Sender = {
    send: (wanted) => {
      sent.push(wanted);
      return twin.wire.send(wanted);
    },
    open: (wanted) => {
      sent.push(wanted);
      return twin.wire.open(wanted);
    },
    close: () => {
      twin.wire.close();
    },
  };
  return { twin: { ...twin, wire }, sent };
}

/** A request as it goes over the wire. */
export function printRequest({ method, path, headers, body }: WireRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const text = body === undefined ? [] : ["", printBody(body)];
  return [`${method} ${path}`, ...lines, ...text].join("\n");
}

const printBody = (body: Buffer): string => {
  const text = body.toString();
  // Whatever is no text is shown so that it can be sent again.
  return Buffer.from(text).equals(body) && !text.includes("\0") ? text : `base64 ${body.toString("base64")}`;
};
