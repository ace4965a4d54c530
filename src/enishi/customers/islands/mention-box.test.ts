import { expect, test } from "vitest";

import { beingTyped, fits } from "./mention-box";

test("a name is being typed from the @ to the caret", () => {
  expect(beingTyped("@", 1)).toEqual({ start: 0, name: "" });
  expect(beingTyped("のしの件 ＠髙橋", 8)).toEqual({ start: 5, name: "髙橋" });
  expect(beingTyped("@髙橋 美咲 お願いします", 13)).toBeNull();
  expect(beingTyped("mail@example", 12)).toBeNull();
  expect(beingTyped("何もない", 4)).toBeNull();
});
test("family name, given name and the whole name are found", () => {
  expect(["", "髙", "美咲", "髙橋美"].map((typed) => fits("髙橋 美咲", typed))).toEqual([true, true, true, true]);
  expect(fits("髙橋 美咲", "橋")).toBe(false);
});
