import { expect, test } from "vitest";

import { isAccepted, sizeInWords } from "./file-drop";

test("a file is taken by its ending, whatever its case", () => {
  expect(isAccepted("顧客.CSV", ".csv,.xlsx")).toBe(true);
  expect(isAccepted("写真.png", ".csv,.xlsx")).toBe(false);
  expect(isAccepted("何でも", "")).toBe(true);
});
test("sizes are told as people say them", () => {
  expect(sizeInWords(3_210_000)).toBe("3.2 MB");
  expect(sizeInWords(420_000)).toBe("420 KB");
  expect(sizeInWords(3)).toBe("1 KB");
});
