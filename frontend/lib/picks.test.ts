import { expect, test } from "vitest";

import { walks } from "./picks";

test("arrows open the list; with Alt the browser does so itself", () => {
  expect(["ArrowDown", "ArrowUp", "Enter", "a"].map((key) => walks(key, false))).toEqual([true, true, false, false]);
  expect(walks("ArrowDown", true)).toBe(false);
});
