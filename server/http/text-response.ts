/** Answers in plain text, as Go's http.Error writes them: the text, a newline, and no sniffing. */
import type { BytesResponse } from "./api-request.ts";

/** A failure without a Status. */
export function textError(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): BytesResponse {
  return {
    status,
    headers: { ...headers, "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
    body: `${text}\n`,
  };
}

/** What a request that cannot be read gets, as Go's HTTP server writes it by itself. */
export const badRequestLine = (): BytesResponse => ({
  status: 400,
  headers: { "content-type": "text/plain; charset=utf-8", connection: "close" },
  body: "400 Bad Request",
});

/** What an unknown path gets. */
export const pageNotFound = (): BytesResponse => textError(404, "404 page not found");
