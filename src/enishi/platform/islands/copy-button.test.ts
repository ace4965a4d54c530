import { expect, test } from "vitest";

import { labelAt } from "./copy-button";

test("the button says that it copied, and then what it is for", () => {
  expect(labelAt(0, "コピー", "コピーしました")).toBe("コピーしました");
  expect(labelAt(2_000, "コピー", "コピーしました")).toBe("コピー");
});
