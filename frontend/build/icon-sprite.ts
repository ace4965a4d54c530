import { readFileSync } from "node:fs";

import type { Plugin } from "vite";

const NAMES = new URL("../icons.json", import.meta.url);
const DRAWINGS = new URL("../../node_modules/lucide-static/icons/", import.meta.url);

/** The drawing inside one lucide file, without its <svg> frame and licence comment. */
export function drawingOf(file: string): string {
  const inside = /<svg[^>]*>([\s\S]*)<\/svg>/.exec(file)?.[1];
  if (inside === undefined) throw new Error("not an icon file");
  return inside.replace(/\s+/g, " ").replaceAll("> <", "><").replaceAll(" />", "/>").trim();
}

/** One sprite with a <symbol> for each of our names; only what `icons.json` lists is shipped. */
export function spriteOf(names: Record<string, string>, read: (drawing: string) => string): string {
  const symbols = Object.entries(names).map(
    ([name, drawing]) => `<symbol id="${name}" viewBox="0 0 24 24">${drawingOf(read(drawing))}</symbol>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

/** Emits the sprite as a hashed asset that the manifest knows as `frontend/icons.json`. */
export function iconSprite(): Plugin {
  return {
    name: "enishi-icon-sprite",
    apply: "build",
    buildStart() {
      const names = JSON.parse(readFileSync(NAMES, "utf8")) as Record<string, string>;
      const source = spriteOf(names, (drawing) => readFileSync(new URL(`${drawing}.svg`, DRAWINGS), "utf8"));
      this.emitFile({ type: "asset", name: "icons.svg", originalFileName: "frontend/icons.json", source });
    },
  };
}
