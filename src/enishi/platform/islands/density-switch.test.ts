import { expect, test } from "vitest";

import { densityAttribute } from "./density-switch";

test("only the tight rows need to be said", () => {
  expect(densityAttribute("tight")).toBe("tight");
  expect(densityAttribute("normal")).toBeNull();
});
