/**
 * `<postal-fill data-url="/postal/" postal="id_postal_code" prefecture="id_prefecture" city="id_city" street="id_street">`
 *
 * Seven digits fill the address fields that are empty. The server answers JSON `{prefecture, city, street}`.
 */

/** The seven digits of a postal code in whatever way it was typed, or "" while they are not seven. */
export function postalDigits(text: string): string {
  const digits = text.normalize("NFKC").replace(/[〒\s\-‐‑‒–—―ー−]/gu, "");
  return /^\d{7}$/.test(digits) ? digits : "";
}

type Place = Partial<Record<"prefecture" | "city" | "street", string>>;

class PostalFill extends HTMLElement {
  #awake = new AbortController();

  connectedCallback(): void {
    const { signal } = (this.#awake = new AbortController());
    const postal = this.#field("postal");
    postal?.addEventListener("change", () => void this.#fill(postal.value), { signal });
    postal?.addEventListener("input", () => { if (postal.value.length >= 7) void this.#fill(postal.value); }, { signal });
  }

  disconnectedCallback(): void {
    this.#awake.abort();
  }

  #field(name: string): HTMLInputElement | HTMLSelectElement | null {
    const field = document.getElementById(this.getAttribute(name) ?? "");
    return field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field : null;
  }

  async #fill(typed: string): Promise<void> {
    const digits = postalDigits(typed);
    if (!digits) return;
    const answer = await fetch(`${this.dataset["url"] ?? ""}?code=${digits}`, { mode: "same-origin", headers: { Accept: "application/json" } });
    if (!answer.ok) return; // an unknown code is the person's to type out
    const place = (await answer.json()) as Place;
    for (const name of ["prefecture", "city", "street"] as const) {
      const field = this.#field(name);
      if (field && field.value === "") field.value = place[name] ?? "";
    }
  }
}
customElements.define("postal-fill", PostalFill);
