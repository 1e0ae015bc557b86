import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  {
    ignores: [
      "**/generated/**",
      "dist/**",
      "node_modules/**",
      "coverage/**",
      ".hawsepipe/**",
      ".cache/**",
      "*.cjs",
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "max-lines": ["error", { max: 500, skipBlankLines: false, skipComments: false }],
      "max-params": ["error", 4],
      "max-depth": ["error", 4],
      complexity: ["error", 20],
      eqeqeq: "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      // Fastify handlers and interface implementations are async by contract, not because they await.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-non-null-assertion": "error",
      "no-restricted-properties": [
        "error",
        { object: "vi", property: "mock", message: "No module mocks: use the real part." },
      ],
    },
  },
  {
    // What is made for each request or object.
    files: [
      ...["admission/**", "conversion/**", "transformers/**", "machinery/**"],
      ...["server/handlers/**", "server/printers/**", "server/watch/**"],
    ],
    ignores: ["**/*.test.ts", "machinery/clock.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "ObjectExpression > Property[kind='get']",
          message:
            "V8 gives every such object a hidden class of its own, in old space, which keeps all the getter refers to until a full collection: use a class or a function.",
        },
      ],
    },
  },
  {
    files: ["**/*.test.ts", "**/testing/**", "test/**"],
    rules: { "max-lines": ["error", { max: 700 }], "@typescript-eslint/no-non-null-assertion": "off" },
  },
);
