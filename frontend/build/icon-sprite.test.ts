// @vitest-environment node
import { expect, test } from "vitest";

import { drawingOf, spriteOf } from "./icon-sprite";

const FILE = '<!-- @license ISC -->\n<svg\n  class="lucide"\n  viewBox="0 0 24 24"\n>\n  <path d="M5 12h14" />\n  <path d="M12 5v14" />\n</svg>\n';

test("only the drawing is kept of a file", () => {
  expect(drawingOf(FILE)).toBe('<path d="M5 12h14"/><path d="M12 5v14"/>');
});
test("the sprite has one symbol for each of our names", () => {
  expect(spriteOf({ add: "plus" }, () => FILE)).toBe(
    '<svg xmlns="http://www.w3.org/2000/svg"><symbol id="add" viewBox="0 0 24 24"><path d="M5 12h14"/><path d="M12 5v14"/></symbol></svg>',
  );
});
test("a file that is no drawing stops the build", () => {
  expect(() => drawingOf("<html>")).toThrow("not an icon file");
});
