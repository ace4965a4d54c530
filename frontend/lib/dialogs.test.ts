import { expect, test } from "vitest";

import { isOutside } from "./dialogs";

test("a press beside the box is on the backdrop", () => {
  const box = { left: 100, right: 500, top: 100, bottom: 300 };
  expect(isOutside(box, 50, 200)).toBe(true);
  expect(isOutside(box, 200, 301)).toBe(true);
  expect(isOutside(box, 200, 200)).toBe(false);
});
