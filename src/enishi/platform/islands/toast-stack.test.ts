import { expect, test } from "vitest";

import { staysFor } from "./toast-stack";

test("long words and a thing to press give more time", () => {
  expect(staysFor(10, false, false)).toBe(4_200);
  expect(staysFor(10, true, false)).toBe(8_200);
  expect(staysFor(500, true, false)).toBe(15_000);
});
test("an error stays until somebody has seen it", () => {
  expect(staysFor(10, false, true)).toBe(Infinity);
});
