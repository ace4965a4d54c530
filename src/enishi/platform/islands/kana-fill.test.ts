import { expect, test } from "vitest";

import { longerReading, readingIn } from "./kana-fill";

test("kana turn into the script that is asked for", () => {
  expect(readingIn("たかはし", "katakana")).toBe("タカハシ");
  expect(readingIn("タカハシ", "hiragana")).toBe("たかはし");
  expect(readingIn("ヴァンデンブルグ", "hiragana")).toBe("ゔぁんでんぶるぐ");
});
test("a conversion to kanji or a half-typed letter keeps the reading that was known", () => {
  expect(longerReading("タカハシ", "髙橋", "katakana")).toBe("タカハシ");
  expect(longerReading("タカハ", "たかはs", "katakana")).toBe("タカハ");
  expect(longerReading("タカハ", "たかはし", "katakana")).toBe("タカハシ");
});
