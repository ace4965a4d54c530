import { expect, test } from "vitest";

import { secondsLeft, wordsFor } from "./count-down";

const words = { minutes: "あと{n}分", seconds: "あと{n}秒", past: "過ぎました" };

test("seconds are counted up to the moment and never below zero", () => {
  const due = new Date("2026-11-22T18:10:00+09:00");
  expect(secondsLeft(due, new Date("2026-11-22T18:09:58.500+09:00"))).toBe(2);
  expect(secondsLeft(due, new Date("2026-11-22T18:11:00+09:00"))).toBe(0);
});
test("minutes are rounded down: nobody is promised more than there is", () => {
  expect(wordsFor(299, words)).toBe("あと4分");
  expect(wordsFor(59, words)).toBe("あと59秒");
  expect(wordsFor(0, words)).toBe("過ぎました");
});
