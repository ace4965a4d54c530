/**
 * `<kana-fill from="id_family_name" to="id_family_kana">`: while a name is typed with an input method, the reading that
 * was typed goes into the kana field, as long as nobody has written there.
 */

/** Hiragana to katakana and nothing else; "" where the text holds anything that is not kana. */
export function readingIn(text: string, script: "hiragana" | "katakana"): string {
  if (!/^[\u3041-\u3096\u30a1-\u30fa\u30fcー\s]*$/u.test(text)) return "";
  const shift = script === "katakana" ? 0x60 : -0x60;
  const range = script === "katakana" ? /[\u3041-\u3096]/gu : /[\u30a1-\u30f6]/gu;
  return text.replace(range, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + shift));
}

/** The longest reading seen while one word was being composed: conversions to kanji are passed over. */
export function longerReading(known: string, typed: string, script: "hiragana" | "katakana"): string {
  const reading = readingIn(typed, script);
  return reading.length > 0 ? reading : known;
}

class KanaFill extends HTMLElement {
  #awake = new AbortController();
  #written = "";
  #composing = "";

  connectedCallback(): void {
    const { signal } = (this.#awake = new AbortController());
    const from = document.getElementById(this.getAttribute("from") ?? "");
    const to = document.getElementById(this.getAttribute("to") ?? "");
    if (!(from instanceof HTMLInputElement) || !(to instanceof HTMLInputElement)) return;
    const script = this.getAttribute("script") === "hiragana" ? "hiragana" : "katakana";
    from.addEventListener("compositionstart", () => { this.#composing = ""; }, { signal });
    from.addEventListener("compositionupdate", (event) => { this.#composing = longerReading(this.#composing, event.data, script); }, { signal });
    from.addEventListener("compositionend", () => {
      if (to.value !== this.#written) return; // somebody wrote there
      this.#written += this.#composing;
      to.value = this.#written;
      to.dispatchEvent(new Event("input", { bubbles: true }));
    }, { signal });
    from.addEventListener("input", () => {
      if (from.value === "" && to.value === this.#written) to.value = this.#written = "";
    }, { signal });
  }

  disconnectedCallback(): void {
    this.#awake.abort();
  }
}
customElements.define("kana-fill", KanaFill);
