import { expect, test } from "vitest";

import { placeBeside } from "./popovers";

const view = { width: 390, height: 800 };
const menu = { width: 200, height: 300 };

test("a menu opens below its button, in line with its left edge", () => {
  expect(placeBeside({ left: 20, right: 60, top: 100, bottom: 132 }, menu, view)).toEqual({ left: 20, top: 136 });
});
test("at the right edge it hangs from the button's right edge", () => {
  expect(placeBeside({ left: 340, right: 380, top: 100, bottom: 132 }, menu, view).left).toBe(180);
});
test("without room below it opens above, and never leaves the screen", () => {
  expect(placeBeside({ left: 20, right: 60, top: 700, bottom: 732 }, menu, view).top).toBe(396);
  expect(placeBeside({ left: 20, right: 60, top: 200, bottom: 232 }, { width: 200, height: 790 }, view).top).toBe(6);
});
