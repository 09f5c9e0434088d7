import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
    onConsoleLog: (log) => !log.includes("Lit is in dev mode"),
  },
  // The contracts lie beside the Python tests, which read them too.
  server: { fs: { allow: [".."] } },
});
