/**
 * What is written by hand about margins that are not reached: one section of `limits.md` for each, under the name of the
 * margin. Figures of the run stand in it as `{{ROW SERVER FIELD}}`, so that the text says what the tables say.
 */
import type { Figures, Row } from "../rows.ts";
import { keyOf } from "../rows.ts";
import type { ServerName } from "../servers/server.ts";
import { serverNames } from "../servers/server.ts";
import { short } from "./numbers.ts";

/** The sections by their headings. */
export function readLimits(text: string): ReadonlyMap<string, string> {
  const [, ...sections] = text.split(/^## /m);
  return new Map(
    sections.map((section) => {
      const end = section.indexOf("\n");
      return [section.slice(0, end).trim(), section.slice(end).trim()];
    }),
  );
}

const fields = ["value", "p99", "cpu", "loopP99", "bytes", "times"] as const;

interface Place {
  readonly row: string;
  readonly server: ServerName;
  readonly field: (typeof fields)[number];
}

/** Puts in the figures of the run; throws where a place names no server or no figure there can be. */
export function fillFigures(text: string, rows: readonly Row[]): string {
  return text.replace(/\{\{([^}]*)\}\}/g, (_found, inner: string) => {
    const { row: key, server, field } = placeOf(inner);
    const figures: Figures | undefined = rows.find((row) => keyOf(row) === key)?.servers[server];
    const figure = figures?.[field];
    return figure === undefined ? "(not measured)" : short(figure);
  });
}

function placeOf(text: string): Place {
  const words = text.trim().split(" ");
  const field = fields.find((name) => name === words.at(-1));
  const server = serverNames.find((name) => name === words.at(-2));
  if (field === undefined || server === undefined) throw new Error(`{{${text}}} names no figure`);
  return { row: words.slice(0, -2).join(" "), server, field };
}
