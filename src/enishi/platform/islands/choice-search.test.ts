import { expect, test } from "vitest";

import { isFound } from "./choice-search";

test("a choice is found by every word of it, whatever the width, the case or the kana", () => {
  expect(isFound("メールアドレス このアドレスで探す", "めーる")).toBe(true);
  expect(isFound("LINE ID", "ｌｉｎｅ")).toBe(true);
  expect(isFound("会員番号・ショップの顧客ID", "会員 id")).toBe(true);
  expect(isFound("会員番号", "電話")).toBe(false);
  expect(isFound("会員番号", "  ")).toBe(true);
});
