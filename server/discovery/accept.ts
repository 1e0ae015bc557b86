/** One clause of an Accept header. */
export interface AcceptClause {
  /** `application/json`, lower case. */
  readonly mediaType: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** The clauses of an Accept header, the most wanted first; equal ones keep their order. Without a header, anything. */
export function parseAccept(header: string | undefined): readonly AcceptClause[] {
  if (header === undefined || header.trim() === "") {
    return [{ mediaType: "*/*", parameters: new Map(), quality: 1 }];
  }
  return header
    .split(",")
    .map((clause) => clause.trim())
    .filter((clause) => clause !== "")
    .map(parseClause)
    .sort((a, b) => b.quality - a.quality);
}

function parseClause(clause: string): AcceptClause {
  const [mediaType = "", ...rest] = clause.split(";").map((part) => part.trim());
  const parameters = new Map<string, string>();
  let quality = 1;
  for (const parameter of rest) {
    const equals = parameter.indexOf("=");
    if (equals < 0) continue;
    const name = parameter.slice(0, equals).trim().toLowerCase();
    const value = parameter.slice(equals + 1).trim();
    if (name === "q") quality = Number.isNaN(Number(value)) ? 1 : Number(value);
    else parameters.set(name, value);
  }
  return { mediaType: mediaType.toLowerCase(), parameters, quality };
}

/** Whether the clause admits the media type, wildcards included. */
export function admits(clause: AcceptClause, mediaType: string): boolean {
  const slash = mediaType.indexOf("/");
  return (
    clause.mediaType === mediaType ||
    clause.mediaType === "*/*" ||
    clause.mediaType === `${mediaType.slice(0, slash)}/*`
  );
}
