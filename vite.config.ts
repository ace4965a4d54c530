import { fileURLToPath } from "node:url";

import { defineConfig } from "vitest/config";

import { iconSprite } from "./frontend/build/icon-sprite.ts";
import { keepRecent } from "./frontend/build/keep-recent.ts";

const root = fileURLToPath(new URL(".", import.meta.url));
const outDir = "src/enishi/platform/static/dist";

/** Builds into the static folder of the platform app; django-vite reads the manifest there. */
export default defineConfig({
  root,
  base: "/static/dist/",
  publicDir: false,
  plugins: [iconSprite(), keepRecent(`${root}${outDir}/assets`)],
  resolve: { alias: { "@frontend": `${root}frontend` } },
  css: { transformer: "lightningcss" },
  build: {
    // The newest browser feature the pages lean on is the popover attribute.
    target: ["chrome114", "safari17", "firefox125"],
    outDir,
    emptyOutDir: false, // keepRecent does it, a day later
    manifest: "manifest.json",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rolldownOptions: { input: ["frontend/main.ts", "frontend/bare.ts"] },
  },
  test: {
    environment: "happy-dom",
    pool: "threads",
    isolate: false, // one browser stand-in for all: each costs seconds, and no test leaves anything behind
    include: ["frontend/**/*.test.ts", "src/enishi/*/islands/**/*.test.ts"],
  },
});
