import { expect, test } from "vitest";

import { copied, fillRange, holds, moved, rangeOf, within } from "./cells";

const size = { rows: 5, cols: 4 };

test("a range holds both ends, whichever was first", () => {
  const range = { top: 1, left: 0, bottom: 3, right: 2 };
  expect(rangeOf({ row: 3, col: 0 }, { row: 1, col: 2 })).toEqual(range);
  expect(holds(range, { row: 3, col: 2 })).toBe(true);
  expect(holds(range, { row: 0, col: 2 })).toBe(false);
});
test("arrows walk and never leave the sheet", () => {
  expect(moved({ row: 1, col: 1 }, "ArrowDown", size)).toEqual({ row: 2, col: 1 });
  expect(moved({ row: 4, col: 3 }, "ArrowDown", size)).toEqual({ row: 4, col: 3 });
  expect(moved({ row: 0, col: 0 }, "ArrowLeft", size)).toEqual({ row: 0, col: 0 });
  expect(moved({ row: 1, col: 1 }, "PageDown", size)).toEqual({ row: 4, col: 1 });
});
test("with Ctrl they go to the edge; Home and End stay in the row without it", () => {
  expect(moved({ row: 2, col: 1 }, "ArrowUp", size, true)).toEqual({ row: 0, col: 1 });
  expect(moved({ row: 2, col: 1 }, "Home", size)).toEqual({ row: 2, col: 0 });
  expect(moved({ row: 2, col: 1 }, "End", size, true)).toEqual({ row: 4, col: 3 });
});
test("other keys do not walk", () => {
  expect(moved({ row: 0, col: 0 }, "a", size)).toBeNull();
  expect(moved({ row: 0, col: 0 }, "toString", size)).toBeNull();
});
test("an empty sheet has one spot", () => {
  expect(within({ row: 3, col: 3 }, { rows: 0, cols: 0 })).toEqual({ row: 0, col: 0 });
});
test("one row takes from the row above it, several from their first", () => {
  expect(fillRange({ top: 2, left: 1, bottom: 2, right: 1 })).toEqual({ top: 1, left: 1, bottom: 2, right: 1 });
  expect(fillRange({ top: 1, left: 1, bottom: 3, right: 2 })).toEqual({ top: 1, left: 1, bottom: 3, right: 2 });
  expect(fillRange({ top: 0, left: 1, bottom: 0, right: 1 })).toBeNull();
});

const cell = (text: string, isNumber = false): { text: string; isNumber: boolean } => ({ text, isNumber });

test("cells stand between tabs, rows on lines, and what holds either in quotes", () => {
  expect(copied([[cell("山田 太郎"), cell("¥1,200", true)], [cell('5" ネジ'), cell("上\n下")]])).toBe('山田 太郎\t¥1,200\r\n"5"" ネジ"\t"上\n下"');
});
test("no spreadsheet runs what is copied, and numbers stay numbers", () => {
  expect(copied([[cell("=HYPERLINK(1)"), cell("＝1"), cell("+81 90"), cell("'a"), cell("-5", true)]])).toBe("'=HYPERLINK(1)\t'＝1\t'+81 90\t''a\t-5");
});
