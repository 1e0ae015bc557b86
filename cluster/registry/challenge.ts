/** What a registry asks for with a 401. */
export type Challenge =
  | { readonly scheme: "basic" }
  | { readonly scheme: "bearer"; readonly realm: string; readonly service?: string; readonly scope?: string };

/** Reads WWW-Authenticate, which may hold several challenges; a bearer token is preferred. */
export function parseChallenge(header: string): Challenge | undefined {
  const challenges = [...splitChallenges(header)];
  const bearer = challenges.find(({ scheme }) => scheme === "bearer")?.parameters;
  const realm = bearer?.get("realm");
  if (bearer !== undefined && realm !== undefined) {
    const service = bearer.get("service");
    const scope = bearer.get("scope");
    return {
      scheme: "bearer",
      realm,
      ...(service === undefined ? {} : { service }),
      ...(scope === undefined ? {} : { scope }),
    };
  }
  return challenges.some(({ scheme }) => scheme === "basic") ? { scheme: "basic" } : undefined;
}

interface RawChallenge {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

/** A word before a parameter starts a challenge. Linear: nothing is looked at twice. */
function* splitChallenges(header: string): Generator<RawChallenge> {
  const token = /([A-Za-z0-9._~+-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,]*)))?[\s,]*/y;
  token.lastIndex = /^[\s,]*/.exec(header)?.[0].length ?? 0;
  let current: RawChallenge | undefined;
  for (let match = token.exec(header); match !== null; match = token.exec(header)) {
    const [, name = "", quoted, plain] = match;
    if (quoted === undefined && plain === undefined) {
      if (current !== undefined) yield current;
      current = { scheme: name.toLowerCase(), parameters: new Map() };
    } else current?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "");
  }
  if (current !== undefined) yield current;
}
