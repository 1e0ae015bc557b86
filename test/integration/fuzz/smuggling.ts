/**
 * Requests whose end two servers could see in different places. The hidden one must never be answered: either all of it
 * is the body of the first, or the connection ends with the first.
 */
const path = "/api/v1/namespaces/default/configmaps?dryRun=All";
/** What no answer may come from; its answer tells the version, and is the last of its connection. */
const hidden = "GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
/** What the answer to the hidden request says. */
export const hiddenAnswer = "gitVersion";

const post = (headers: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n${body}`;
const chunk = (size: string): string => `${size}\r\n${hidden}\r\n0\r\n\r\n`;
const size = hidden.length.toString(16);

/** Two requests, and no doubt about it. */
export const plain = post("Content-Length: 2\r\n", `{}${hidden}`);

export const ambiguous: Readonly<Record<string, string>> = {
  "a length and chunks": post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${hidden}`),
  "chunks and a length": post(
    `Transfer-Encoding: chunked\r\nContent-Length: ${String(hidden.length + 5)}\r\n`,
    `0\r\n\r\n${hidden}`,
  ),
  "two lengths": post(`Content-Length: 0\r\nContent-Length: ${String(hidden.length)}\r\n`, hidden),
  "two lengths in one line": post(`Content-Length: 0, ${String(hidden.length)}\r\n`, hidden),
  "a length with a sign": post(`Content-Length: +0\r\n`, hidden),
  "a negative length": post("Content-Length: -1\r\n", hidden),
  "a length in hexadecimal": post("Content-Length: 0x0\r\n", hidden),
  "a length with a space": post("Content-Length: 0 0\r\n", hidden),
  "a length beyond all": post("Content-Length: 18446744073709551616\r\n", hidden),
  "a space before the colon": post(
    "Transfer-Encoding : chunked\r\nContent-Length: 0\r\n",
    `0\r\n\r\n${hidden}`,
  ),
  "an unknown encoding": post("Transfer-Encoding: xchunked\r\n", `0\r\n\r\n${hidden}`),
  "chunks that are not last": post("Transfer-Encoding: chunked, identity\r\n", `0\r\n\r\n${hidden}`),
  "two encodings": post(
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    `0\r\n\r\n${hidden}`,
  ),
  "an encoding in quotes": post('Transfer-Encoding: "chunked"\r\n', `0\r\n\r\n${hidden}`),
  "an encoding with a vertical tab": post("Transfer-Encoding: \u000bchunked\r\n", `0\r\n\r\n${hidden}`),
  "a folded encoding": post("Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n", `0\r\n\r\n${hidden}`),
  "a folded length": post(
    `X: y\r\n Content-Length: ${String(hidden.length)}\r\nContent-Length: 0\r\n`,
    hidden,
  ),
  "a chunk size with a sign": post("Transfer-Encoding: chunked\r\n", chunk(`+${size}`)),
  "a chunk size with a prefix": post("Transfer-Encoding: chunked\r\n", chunk(`0x${size}`)),
  "a negative chunk size": post("Transfer-Encoding: chunked\r\n", chunk("-1")),
  "a chunk size that wraps": post("Transfer-Encoding: chunked\r\n", chunk(`10000000000000000${size}`)),
  "a chunk size with a space": post("Transfer-Encoding: chunked\r\n", chunk(`0 ${size}`)),
  "a chunk size and a bare line feed": post("Transfer-Encoding: chunked\r\n", `0\n\r\n${hidden}`),
  "a chunk extension with a line feed": post("Transfer-Encoding: chunked\r\n", `0;a\nb\r\n\r\n${hidden}`),
  "a chunk without its end": post("Transfer-Encoding: chunked\r\n", `1\r\na0\r\n\r\n${hidden}`),
  "a length among the trailers": post(
    "Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n",
    `0\r\nContent-Length: ${String(hidden.length)}\r\n\r\n${hidden}`,
  ),
  "a bare line feed between headers": post(
    `X: y\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n`,
    hidden,
  ),
  "a carriage return in a header": post(`X: y\rTransfer-Encoding: chunked\r\nContent-Length: 0\r\n`, hidden),
  "a NUL in a header": post("X: a\u0000b\r\nContent-Length: 0\r\n", hidden),
  "a header without a name": post(": y\r\nContent-Length: 0\r\n", hidden),
  "a header without a colon": post("Content-Length 0\r\n", hidden),
  "a space before the first header": `GET /healthz HTTP/1.1\r\n Host: x\r\nContent-Length: 0\r\n\r\n${hidden}`,
  "chunks of HTTP/1.0": post(
    "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n",
    `0\r\n\r\n${hidden}`,
  ).replace("HTTP/1.1", "HTTP/1.0"),
  "a version of the future": `GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n${hidden}`,
  "no version at all": `GET /healthz\r\n\r\n${hidden}`,
  "two hosts": `GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n${hidden}`,
  "no host": `GET /healthz HTTP/1.1\r\n\r\n${hidden}`,
  "a tunnel": `CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`,
  "an upgrade to HTTP/2": `GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n${hidden}`,
  "the preface of HTTP/2": `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden}`,
};
