import { expect, test } from "vitest";

import { holds, isOffered } from "./form-rules";

const chosen =
  (values: Record<string, string[]>) =>
  (field: string): string[] =>
    values[field] ?? [];

test("a condition holds while one of its values is chosen", () => {
  const condition = { field: "cf_1", values: ["c1", "c2"] };
  expect(holds(condition, chosen({ cf_1: ["c2"] }))).toBe(true);
  expect(holds(condition, chosen({ cf_1: ["c3"] }))).toBe(false);
  expect(holds(condition, chosen({}))).toBe(false);
});

test("a condition without values asks whether anything is written", () => {
  expect(holds({ field: "cf_1", values: [] }, chosen({ cf_1: ["x"] }))).toBe(true);
  expect(holds({ field: "cf_1", values: [] }, chosen({ cf_1: [""] }))).toBe(false);
});

test("an option stands beside its parents alone", () => {
  expect(isOffered("", [])).toBe(true);
  expect(isOffered("c1 c4", ["c4"])).toBe(true);
  expect(isOffered("c1 c4", ["c2"])).toBe(false);
});
