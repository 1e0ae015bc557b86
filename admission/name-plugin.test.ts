import { describe, expect, test } from "vitest";
import { isApiError } from "../api/errors/api-error.ts";
import type { AdmissionAttributes } from "../server/admission/plugin.ts";
import { namePlugin } from "./name-plugin.ts";

const plugin = namePlugin();

const creating = (name: string, resource = "modeldeployments"): AdmissionAttributes => ({
  operation: "CREATE",
  user: { name: "u", groups: [] },
  resource: { group: "hawsepipe.dev", version: "v1alpha2", resource },
  kind: { group: "hawsepipe.dev", version: "v1alpha2", kind: "ModelDeployment" },
  subresource: "",
  namespace: "n",
  name,
  object: { metadata: { name } },
  options: {},
  dryRun: false,
  requestVersion: "v1alpha2",
  clientPath: (path) => path,
  warn: () => undefined,
  annotate: () => undefined,
  call: new AbortController(),
});

test.each(["a", "a-1", "a".repeat(63)])("%s may be a name", async (name) => {
  await expect(plugin.validate?.(creating(name))).resolves.toBeUndefined();
});

test.each(["a.b", "A", "-a", "a".repeat(64)])("%s may not", async (name) => {
  const refused = await plugin.validate?.(creating(name)).catch((error: unknown) => error);
  expect(isApiError(refused, "Invalid")).toBe(true);
  expect(String(refused)).toContain(
    `ModelDeployment.hawsepipe.dev "${name}" is invalid: metadata.name: Invalid value: "${name}": `,
  );
});

describe("names of LlamaStackDistributions begin those of other objects", () => {
  const named = (name: string): AdmissionAttributes => creating(name, "llamastackdistributions");

  test.each(["a", "a".repeat(48)])("%s may be one", async (name) => {
    await expect(plugin.validate?.(named(name))).resolves.toBeUndefined();
  });

  test.each(["a.b", "A"])("%s may not", async (name) => {
    await expect(plugin.validate?.(named(name))).rejects.toThrow(`metadata.name: Invalid value: "${name}": `);
  });

  test("one that leaves no place for the rest of the others may not", async () => {
    const name = "a".repeat(49);
    await expect(plugin.validate?.(named(name))).rejects.toThrow(
      `metadata.name: Invalid value: "${name}": must be no more than 48 characters`,
    );
  });
});

test.each<{ says: string; edit: Partial<AdmissionAttributes>; handled: boolean }>([
  { says: "new deployments", edit: {}, handled: true },
  {
    says: "new providers",
    edit: { resource: { group: "hawsepipe.dev", version: "v1alpha1", resource: "inferenceproviders" } },
    handled: true,
  },
  {
    says: "new stacks",
    edit: { resource: { group: "hawsepipe.dev", version: "v1alpha2", resource: "llamastackdistributions" } },
    handled: true,
  },
  { says: "stored objects", edit: { operation: "UPDATE" }, handled: false },
  { says: "subresources", edit: { subresource: "status" }, handled: false },
  {
    says: "kinds of others",
    edit: { resource: { group: "apps", version: "v1", resource: "deployments" } },
    handled: false,
  },
])("names of $says: looked at is $handled", ({ edit, handled }) => {
  expect(plugin.handles({ ...creating("a"), ...edit })).toBe(handled);
});
