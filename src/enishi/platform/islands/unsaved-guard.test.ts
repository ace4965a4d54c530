import { expect, test } from "vitest";

import { differs, readingOf } from "./unsaved-guard";

test("the form's token is not input", () => {
  const before = readingOf([["csrfmiddlewaretoken", "a"], ["name", "髙橋"]]);
  const after = readingOf([["csrfmiddlewaretoken", "b"], ["name", "髙橋"]]);
  expect(differs(before, after)).toBe(false);
});
test("a changed value and a chosen file are input", () => {
  expect(differs(readingOf([["name", "髙橋"]]), readingOf([["name", "高橋"]]))).toBe(true);
  expect(differs(readingOf([["file", new File([], "")]]), readingOf([["file", new File(["x"], "顧客.csv")]]))).toBe(true);
});
