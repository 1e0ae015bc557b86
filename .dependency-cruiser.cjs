// The arrows of docs/architecture.md, as rules. A folder may import what its line lists, and nothing else of ours.
const allowed = {
  machinery: [],
  api: ["machinery"],
  conversion: ["machinery", "api"],
  transformers: ["machinery", "api"],
  cluster: ["machinery", "api"],
  admission: ["machinery", "api", "conversion", "transformers", "cluster", "server/admission"],
  reconciler: ["machinery", "api", "conversion", "transformers", "cluster", "admission"],
  server: ["machinery", "api/meta", "api/errors", "cluster"],
};

const layers = Object.entries(allowed).map(([folder, targets]) => ({
  name: `${folder}-imports`,
  severity: "error",
  comment: `${folder}/ may import ${targets.length === 0 ? "nothing of ours" : targets.join(", ")}`,
  // Tests may reach over the arrows: they prove that the parts fit.
  from: { path: `^${folder}/`, pathNot: "\\.test\\.ts$|/testing/" },
  to: {
    path: "^(machinery|api|conversion|transformers|admission|reconciler|server|cluster|cli|hack|test)/",
    pathNot: [folder, ...targets].map((target) => `^${target}/`),
  },
}));

/** A package that only the named places may import. */
const only = (name, path, places) => ({
  name: `${name}-only-in`,
  severity: "error",
  comment: `${name} belongs to ${places.join(", ")}`,
  from: { pathNot: [...places, "^hack/", "^test/", "\\.test\\.ts$", "^[^/]+$"] },
  to: { path },
});

module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "nobody-imports-cli",
      severity: "error",
      from: { pathNot: ["^cli/", "^test/", "^hack/"] },
      to: { path: "^cli/" },
    },
    {
      name: "nobody-imports-tests",
      severity: "error",
      from: { pathNot: ["^test/", "^hack/", "\\.test\\.ts$", "/testing/"] },
      to: { path: "^(test|hack)/|/testing/|\\.test\\.ts$" },
    },
    ...layers,
    only("fastify", "node_modules/fastify", ["^server/http/"]),
    only("undici", "node_modules/undici", ["^cluster/", "^server/authn/", "^server/authz/"]),
    only("pino", "node_modules/pino", ["^cli/"]),
    only("sqlite", "^(node:)?sqlite$", ["^server/storage/embedded/"]),
    only("typebox", "node_modules/typebox", ["^api/"]),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
