import { expect, test } from "vitest";

import { nextRail } from "./rail-switch";

test("a press turns the rail over", () => {
  expect(nextRail(false)).toBe("icons");
  expect(nextRail(true)).toBe("");
});
