import { expect, test } from "vitest";

import { postalDigits } from "./postal-fill";

test("seven digits are read however they were typed", () => {
  expect(postalDigits("〒１１０－０００１")).toBe("1100001");
  expect(postalDigits("110-0001")).toBe("1100001");
  expect(postalDigits("110ー0001")).toBe("1100001");
});
test("fewer or other signs are no postal code yet", () => {
  expect(postalDigits("110-00")).toBe("");
  expect(postalDigits("abc-0001")).toBe("");
});
