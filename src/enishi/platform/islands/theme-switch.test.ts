import { expect, test } from "vitest";

import { themeAttribute } from "./theme-switch";

test("light and dark are set, anything else leaves it to the system", () => {
  expect(themeAttribute("dark")).toBe("dark");
  expect(themeAttribute("light")).toBe("light");
  expect(themeAttribute("")).toBeNull();
});
