/** Makes a program that shows a difference as short as it gets: fewer requests first, then less in each of them. */
import type { Exchange } from "../replay/exchange.ts";

type Differs = (candidate: readonly Exchange[]) => Promise<boolean>;

/** The shortest program found that still shows a difference. Gives up after so many tries. */
export async function shrink(
  program: readonly Exchange[],
  differs: Differs,
  tries = 400,
): Promise<readonly Exchange[]> {
  let left = tries;
  const stillDiffers: Differs = async (candidate) => left-- > 0 && (await differs(candidate));
  return shrinkRequests(await shrinkLength(program, stillDiffers), stillDiffers);
}

/** Parts are left out, half of the program at first, then less. */
async function shrinkLength(program: readonly Exchange[], differs: Differs): Promise<readonly Exchange[]> {
  let shortest = program;
  for (let size = Math.ceil(shortest.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < shortest.length;) {
      const candidate = shortest.toSpliced(at, size);
      if (isWhole(candidate) && (await differs(candidate))) shortest = candidate;
      else at += size;
    }
  }
  return shortest;
}

/** A watch that is read must have been opened. */
function isWhole(program: readonly Exchange[]): boolean {
  const open = new Set<string>();
  return program.every((exchange) => {
    if (exchange.open !== undefined) open.add(exchange.open);
    return exchange.read === undefined || open.has(exchange.read);
  });
}

async function shrinkRequests(program: readonly Exchange[], differs: Differs): Promise<readonly Exchange[]> {
  let shortest = program;
  for (let at = 0; at < shortest.length; at++) {
    for (let isSmaller = true; isSmaller;) {
      isSmaller = false;
      for (const smaller of lessOf(shortest[at]!)) {
        const candidate = shortest.with(at, smaller);
        if (!(await differs(candidate))) continue;
        shortest = candidate;
        isSmaller = true;
        break;
      }
    }
  }
  return shortest;
}

/** The exchange with one thing less: an option, a field or an item of its body. */
function* lessOf(exchange: Exchange): Generator<Exchange> {
  for (const optional of ["accept", "form"] as const) {
    if (exchange[optional] === undefined) continue;
    const { [optional]: _, ...rest } = exchange;
    yield rest;
  }
  for (const verb of ["get", "post", "put", "patch", "delete"] as const) {
    const target = exchange[verb];
    if (target === undefined) continue;
    const [path = "", query = ""] = target.split("?");
    const parts = query.split("&").filter((part) => part !== "");
    for (let at = 0; at < parts.length; at++) {
      const fewer = parts.toSpliced(at, 1);
      yield { ...exchange, [verb]: fewer.length === 0 ? path : `${path}?${fewer.join("&")}` };
    }
  }
  for (const part of ["twin", "apply", "merge", "ops", "body"] as const) {
    for (const smaller of less(exchange[part])) yield { ...exchange, [part]: smaller };
  }
}

function* less(value: unknown): Generator {
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) {
      yield value.toSpliced(at, 1);
      for (const smaller of less(value[at])) yield value.with(at, smaller);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, content] of Object.entries(value)) {
      yield Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
      for (const smaller of less(content)) {
        yield Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === key ? smaller : v]));
      }
    }
  }
}
