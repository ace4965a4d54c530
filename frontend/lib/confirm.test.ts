import { describe, expect, test } from "vitest";

import { asksForProof } from "./confirm";

describe("confirm", () => {
  test("only a refusal that brings the dialog asks for a proof", () => {
    expect(asksForProof(403, '<hx-partial><dialog class="dialog" id="confirm">')).toBe(true);
    expect(asksForProof(403, "<hx-partial>toast")).toBe(false);
    expect(asksForProof(200, '<dialog id="confirm">')).toBe(false);
  });
});
