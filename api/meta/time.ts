const RFC3339 = "2006-01-02T15:04:05Z07:00";
const shape = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:\d\d)$/;

/** What stands at each place of RFC 3339: the part of Go's layout, and how the text must go on there. */
const parts: readonly [layout: string, pattern: RegExp][] = [
  ["2006", /^\d{4}/],
  ["-", /^-/],
  ["01", /^\d\d/],
  ["-", /^-/],
  ["02", /^\d\d/],
  ["T", /^T/],
  ["15", /^\d\d/],
  [":", /^:/],
  ["04", /^\d\d/],
  [":", /^:/],
  ["05", /^\d\d(?:[.,]\d+)?/],
  ["Z07:00", /^(?:Z|[+-]\d\d:\d\d)/],
];

/** A time in RFC 3339, or the message Go's time package gives for a text that is none. */
export function parseTime(text: string): Date | string {
  const match = shape.exec(text);
  if (match === null) return shapeProblem(text);
  const [, year, month, day, hour, minute, second] = match.map(Number);
  if (!inRange(month, 1, 12)) return outOfRange(text, "month");
  if (!inRange(day, 1, daysIn(year ?? 0, month ?? 1))) return outOfRange(text, "day");
  if (!inRange(hour, 0, 23)) return outOfRange(text, "hour");
  if (!inRange(minute, 0, 59)) return outOfRange(text, "minute");
  if (!inRange(second, 0, 59)) return outOfRange(text, "second");
  const date = new Date(text.replace(",", "."));
  return Number.isNaN(date.getTime()) ? outOfRange(text, "time zone offset hour") : date;
}

const inRange = (n: number | undefined, min: number, max: number): boolean =>
  n !== undefined && n >= min && n <= max;

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

const outOfRange = (text: string, what: string): string =>
  `parsing time ${JSON.stringify(text)}: ${what} out of range`;

function shapeProblem(text: string): string {
  let rest = text;
  for (const [layout, pattern] of parts) {
    const match = pattern.exec(rest);
    if (match === null) {
      return `parsing time ${JSON.stringify(text)} as "${RFC3339}": cannot parse ${JSON.stringify(rest)} as "${layout}"`;
    }
    rest = rest.slice(match[0].length);
  }
  return `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`;
}

/** RFC 3339 in UTC with seconds: how times are written in metadata. */
export const formatSeconds = (time: Date): string => time.toISOString().replace(/\.[0-9]{3}Z$/, "Z");
