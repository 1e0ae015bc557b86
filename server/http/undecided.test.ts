import { expect, test } from "vitest";
import { fakeClock } from "../../machinery/clock.ts";
import { anonymousAuthenticator } from "../authn/anonymous.ts";
import { createHandlerTable } from "./handler-table.ts";
import { ApiServer } from "./server.ts";

test("a request nobody can decide about fails with 500, is not carried out, and the reason is logged", async () => {
  const logged: unknown[] = [];
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  let carriedOut = 0;
  const server = new ApiServer({
    authenticator: anonymousAuthenticator,
    authorizer: {
      authorize: async () => {
        throw new Error('Post "https://host/": connection refused');
      },
    },
    handlers: createHandlerTable({
      paths: new Map([
        [
          "/x",
          async () => {
            carriedOut += 1;
            return { status: 200, headers: {}, body: "" };
          },
        ],
      ]),
    }),
    logger: { ...silent, error: (fields) => logged.push(fields) },
    clock: fakeClock(),
  });
  const response = await server.dispatch({ method: "GET", url: "/x?a=<b>" });
  expect(response).toMatchObject({
    status: 500,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
    body: 'Internal Server Error: "/x?a=&lt;b&gt;": Post "https://host/": connection refused\n',
  });
  expect([carriedOut, logged.length]).toEqual([0, 1]);
});
