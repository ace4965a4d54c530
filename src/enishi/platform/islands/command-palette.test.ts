import { expect, test } from "vitest";

import { asksForPalette, stepped } from "./command-palette";

const key = { key: "k", ctrlKey: true, metaKey: false, altKey: false, shiftKey: false, isComposing: false };

test("the arrow keys go round at both ends", () => {
  expect(stepped(2, 1, 3)).toBe(0);
  expect(stepped(0, -1, 3)).toBe(2);
});
test("the first step goes to the first or the last answer, and nowhere among none", () => {
  expect(stepped(-1, 1, 3)).toBe(0);
  expect(stepped(-1, -1, 3)).toBe(2);
  expect(stepped(0, 1, 0)).toBe(-1);
});
test("Ctrl+K and ⌘K ask for the palette, K alone and a key of an input method do not", () => {
  expect(asksForPalette(key)).toBe(true);
  expect(asksForPalette({ ...key, ctrlKey: false, metaKey: true, key: "K" })).toBe(true);
  expect(asksForPalette({ ...key, ctrlKey: false })).toBe(false);
  expect(asksForPalette({ ...key, isComposing: true })).toBe(false);
});
