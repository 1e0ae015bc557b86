/**
 * The resourceVersions that count everything a server has ever written: of a list, in a continue token and of a bookmark.
 * They are never the same on two servers. What has to hold between them and the objects beside them is.
 */

/** The revision of a collection, and what is written in its place. */
export interface CollectionMark {
  readonly revision: string | undefined;
  readonly text: string;
}

const anyRevision = /resourceVersion\\*"?: ?\\*"(\d+)/g;

/**
 * A list is as new as the newest of its objects, and a page as old as the first. Of a page the revision is given that its
 * token asked for.
 */
export function collectionMark(
  text: string,
  patterns: readonly RegExp[],
  ofToken: string | undefined,
): CollectionMark {
  const found = patterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map(([whole]) => revisionIn(whole));
  const [revision] = found;
  if (revision === undefined || found.length > 1) return { revision, text: "<collection>" };
  if (ofToken !== undefined && ofToken !== revision) return { revision, text: "<another collection>" };
  const isOlder = [...text.matchAll(anyRevision)].some(([, value = "0"]) => BigInt(value) > BigInt(revision));
  return { revision, text: isOlder ? "<collection before its objects>" : "<collection>" };
}

const revisionIn = (text: string): string => /(\d+)"$/.exec(text)?.[1] ?? "0";

/** What a continue token says, with its revision as that of the page it came with. */
export function tokenMark(token: string, ofPage: string | undefined): string {
  const content = tokenContent(token);
  if (content === undefined) return token;
  const { rv } = content;
  if (typeof rv === "number" && rv > 0) content["rv"] = String(rv) === ofPage ? "of the page" : 1;
  return JSON.stringify(content).replaceAll('"', "'");
}

/** The revision a token in the query of a path asks for, where it asks for one. */
export function tokenRevision(path: string): string | undefined {
  const token = new URLSearchParams(path.split("?")[1]).get("continue");
  const rv = token === null ? undefined : tokenContent(token)?.["rv"];
  return typeof rv === "number" && rv > 0 ? String(rv) : undefined;
}

function tokenContent(token: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** The resourceVersion of a bookmark is that of the stream, wherever it stands: not before what came before it. */
export function unmarkBookmarks(text: string): string {
  if (!text.includes('"type":"BOOKMARK"')) return text;
  let latest = 0n;
  return text
    .split("\n")
    .map((line) => {
      const revisions = [...line.matchAll(anyRevision)].map(([, value = "0"]) => BigInt(value));
      const most = revisions.reduce((a, b) => (a > b ? a : b), 0n);
      const isBefore = most < latest;
      if (most > latest) latest = most;
      if (!line.startsWith('{"type":"BOOKMARK"')) return line;
      return line.replaceAll(
        /("resourceVersion":")\d+"/g,
        isBefore ? '$1<stream before its events>"' : '$1<stream>"',
      );
    })
    .join("\n");
}
