import { expect, test } from "vitest";

import { orderOf } from "./form-designer";

test("the order names sections and their fields", () => {
  expect(
    orderOf([
      { key: "who", fields: ["names", "gender"] },
      { key: "s1", fields: [] },
    ]),
  ).toBe("who:names,gender s1:");
});
