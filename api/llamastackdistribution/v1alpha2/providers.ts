import { Type } from "typebox";
import type { Static, TUnsafe } from "typebox";
import { anyObject, celRules, int64, listAtomic, listMap, stringEnum } from "../../common/schema.ts";
import { providerSections, pullPolicies } from "../enumerations.ts";

/** A key of a Secret in the object's namespace. */
export const secretSource = (description: string) =>
  Type.Object(
    {
      secretKeyRef: Type.Object(
        {
          name: Type.String({ description: "Name of the Secret.", minLength: 1, maxLength: 253 }),
          key: Type.String({ description: "Key in the Secret.", minLength: 1, maxLength: 253 }),
        },
        { description: "Where the value is kept; it reaches the server as an environment variable." },
      ),
    },
    { description },
  );

type SecretValue = Static<ReturnType<typeof secretSource>>;

const secretRefs: TUnsafe<Record<string, SecretValue>> = Type.Unsafe<Record<string, SecretValue>>({
  type: "object",
  description:
    "Further keys of the provider's configuration that come from Secrets. The name is that of the configuration's key, and the end of the variable's name.",
  minProperties: 1,
  maxProperties: 32,
  additionalProperties: secretSource("One value."),
});

const provider = Type.Object(
  {
    id: Type.Optional(
      Type.String({
        description:
          "Id of the provider, unique in the object; the provider's own name when it is the only one of its API.",
        minLength: 1,
        maxLength: 253,
      }),
    ),
    provider: Type.String({
      description: "Type of the provider, such as vllm, or remote::vllm in full.",
      minLength: 1,
      maxLength: 253,
    }),
    endpoint: Type.Optional(
      Type.String({ description: "Address of the service behind it.", minLength: 1, maxLength: 2048 }),
    ),
    apiKey: Type.Optional(secretSource("The key the service wants.")),
    secretRefs: Type.Optional(secretRefs),
    settings: Type.Optional(
      anyObject("Any other keys of the provider's configuration, taken over as they are."),
    ),
  },
  { description: "A provider of an API." },
);

const providerList = (what: string) =>
  Type.Array(provider, {
    description: `Providers of ${what}. A single one may be written without the list.`,
    minItems: 1,
    maxItems: 32,
    ...listAtomic,
    ...celRules({
      rule: "self.size() <= 1 || self.all(p, has(p.id))",
      message: "every provider needs an id when there is more than one",
    }),
  });

const ids = providerSections
  .map((section) => `(has(self.${section}) ? self.${section}.map(p, has(p.id) ? p.id : p.provider) : [])`)
  .join(" + ");

export const providers = Type.Object(
  {
    inference: Type.Optional(providerList("inference, which run models")),
    safety: Type.Optional(providerList("safety, which check what goes in and comes out")),
    vectorIo: Type.Optional(providerList("vector stores")),
    toolRuntime: Type.Optional(providerList("tools")),
    telemetry: Type.Optional(providerList("telemetry; servers of 0.4 and later have no such API")),
  },
  {
    description: "Providers laid over those of the distribution, by id.",
    ...celRules({
      rule: `[${ids}].all(all, all.all(id, all.exists_one(other, other == id)))`,
      message: "ids of providers must be unique over all APIs; a provider without id has its provider's name",
    }),
  },
);

const model = Type.Object(
  {
    name: Type.String({ description: "Name of the model at its provider.", minLength: 1, maxLength: 512 }),
    provider: Type.Optional(
      Type.String({
        description: "Id of the provider that runs it; the first of spec.providers.inference when absent.",
        minLength: 1,
        maxLength: 253,
      }),
    ),
    contextLength: Type.Optional(
      int64({ description: "Longest context in tokens, told to clients.", minimum: 1 }),
    ),
    modelType: Type.Optional(
      Type.String({ description: "llm when absent; rerank.", minLength: 1, maxLength: 63 }),
    ),
    quantization: Type.Optional(
      Type.String({ description: "Quantization, told to clients.", minLength: 1, maxLength: 63 }),
    ),
  },
  { description: "A model the server offers." },
);

const nameList = (description: string) =>
  Type.Array(Type.String({ description: "A name.", minLength: 1, maxLength: 512 }), {
    description,
    minItems: 1,
    maxItems: 256,
    ...listAtomic,
  });

export const registered = Type.Object(
  {
    models: Type.Optional(
      Type.Array(model, {
        description: "Models the server offers. A name alone stands for a model with that name.",
        minItems: 1,
        maxItems: 256,
        ...listAtomic,
      }),
    ),
    tools: Type.Optional(nameList("Tool groups, such as websearch and rag.")),
    shields: Type.Optional(nameList("Shields.")),
  },
  { description: "What is registered with the server." },
);

const externalProvider = Type.Object(
  {
    providerId: Type.String({
      description: "Id of the provider.",
      minLength: 1,
      maxLength: 63,
      pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    }),
    image: Type.String({
      description: "Image that holds the provider's package.",
      minLength: 1,
      maxLength: 1024,
    }),
    imagePullPolicy: Type.Optional(
      stringEnum(pullPolicies, { description: "When the image is pulled; IfNotPresent when absent." }),
    ),
    config: Type.Optional(anyObject("The provider's configuration, taken over as it is.")),
  },
  { description: "A provider whose code comes in an image of its own." },
);

const externalList = (section: string) =>
  Type.Array(externalProvider, {
    description: `External providers of ${section}.`,
    maxItems: 32,
    ...listMap("providerId"),
  });

export const externalProviders = Type.Object(
  {
    inference: Type.Optional(externalList("inference")),
    safety: Type.Optional(externalList("safety")),
    agents: Type.Optional(externalList("agents")),
    vectorIo: Type.Optional(externalList("vectorIo")),
    datasetIo: Type.Optional(externalList("datasetIo")),
    scoring: Type.Optional(externalList("scoring")),
    eval: Type.Optional(externalList("eval")),
    toolRuntime: Type.Optional(externalList("toolRuntime")),
    postTraining: Type.Optional(externalList("postTraining")),
  },
  { description: "Providers whose code is installed from images when the pod starts." },
);
