import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["**/node_modules/**", "src/enishi/platform/static/**", ".venv/**", "var/**", "frontend/build/*.mjs", "eslint.config.js"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: "error",
      "no-eval": "error",
      "no-restricted-globals": ["error", "localStorage", "sessionStorage"],
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Build nodes, or clone a <template> the server wrote." },
        { property: "outerHTML", message: "Build nodes, or clone a <template> the server wrote." },
        { property: "insertAdjacentHTML", message: "Build nodes, or clone a <template> the server wrote." },
        { object: "document", property: "write", message: "Never." },
      ],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
);
