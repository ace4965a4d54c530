import { expect, test } from "vitest";

import { scrollFor } from "./tabs";

test("the open tab stands in the middle, and the first ones where they are", () => {
  expect(scrollFor(600, 100, 390)).toBe(455);
  expect(scrollFor(0, 60, 390)).toBe(0);
});
