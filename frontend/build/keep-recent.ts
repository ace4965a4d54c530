import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import type { Plugin } from "vite";

const DAY_MS = 24 * 60 * 60 * 1000;

/** The files to take away: not of this build, and older than a day. */
export function outdated(files: { name: string; changedAt: number }[], built: ReadonlySet<string>, now: number): string[] {
  return files.filter((file) => !built.has(file.name) && now - file.changedAt > DAY_MS).map((file) => file.name);
}

/**
 * Takes away what older builds left behind, but not at once: a server that is running, or a page that is open, still
 * asks for the files it knows.
 */
export function keepRecent(folder: string): Plugin {
  return {
    name: "enishi-keep-recent",
    apply: "build",
    writeBundle(_options, bundle) {
      const built = new Set(Object.keys(bundle).map((name) => name.slice(name.lastIndexOf("/") + 1)));
      const files = readdirSync(folder).map((name) => ({ name, changedAt: statSync(join(folder, name)).mtimeMs }));
      for (const name of outdated(files, built, Date.now())) rmSync(join(folder, name));
    },
  };
}
