/**
 * What decides about a change draws the same every time, or it would be refused for what others did. Elsewhere each run
 * draws anew and finds more; what it found is repeated with the seed it names.
 */
if (process.env["CI"] === "true") {
  const { configureGlobal } = await import("fast-check");
  configureGlobal({ seed: 1 });
}

export {};
