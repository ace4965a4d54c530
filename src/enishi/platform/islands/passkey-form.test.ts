import { describe, expect, test } from "vitest";

import { hasPasskeys, optionsOf } from "./passkey-form";

const publicKey = { challenge: "x" };

describe("passkey-form", () => {
  test("options come plain or wrapped", () => {
    expect(optionsOf({ publicKey })).toEqual({ publicKey });
    expect(optionsOf({ request_options: { publicKey } })).toEqual({ publicKey });
    expect(() => optionsOf({})).toThrow(TypeError);
  });

  test("passkeys need a safe place and a browser that knows them", () => {
    expect(hasPasskeys({ isSecureContext: true, PublicKeyCredential: {} })).toBe(true);
    expect(hasPasskeys({ isSecureContext: false, PublicKeyCredential: {} })).toBe(false);
    expect(hasPasskeys({ isSecureContext: true })).toBe(false);
  });
});
