// @vitest-environment node
import { expect, test } from "vitest";

import { outdated } from "./keep-recent";

const HOUR = 3_600_000;

test("files of this build and of the last day stay, older ones go", () => {
  const files = [
    { name: "main-new.js", changedAt: 0 },
    { name: "main-yesterday.js", changedAt: 20 * HOUR },
    { name: "main-old.js", changedAt: 1 * HOUR },
  ];
  expect(outdated(files, new Set(["main-new.js"]), 30 * HOUR)).toEqual(["main-old.js"]);
});
