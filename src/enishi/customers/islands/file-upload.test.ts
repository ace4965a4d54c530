import { expect, test } from "vitest";

import { endingOf, percentOf } from "./file-upload";

test("a cut line and a server in trouble may be tried again, a refusal not", () => {
  expect([0, 500, 503].map(endingOf)).toEqual(["cut", "cut", "cut"]);
  expect([403, 404, 409, 422].map(endingOf)).toEqual(["refused", "refused", "refused", "refused"]);
  expect([200, 204].map(endingOf)).toEqual(["done", "done"]);
});
test("the share never passes a hundred and knows an empty file", () => {
  expect([percentOf(1, 3), percentOf(3, 3), percentOf(4, 3), percentOf(0, 0)]).toEqual([33, 100, 100, 0]);
});
