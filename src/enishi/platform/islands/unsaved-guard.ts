/** `<unsaved-guard>` around a form: leaving the page with unsaved input asks first. */

/** Whether two readings of a form differ. Files are compared by name and size. */
export function differs(before: string, after: string): boolean {
  return before !== after;
}

/** A form's input as one string. The token of the form is not input. */
export function readingOf(data: Iterable<[string, FormDataEntryValue]>): string {
  return [...data]
    .filter(([name]) => name !== "csrfmiddlewaretoken")
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : `${value.name}:${value.size}`}`)
    .join("\n");
}

class UnsavedGuard extends HTMLElement {
  #before = "";
  #leaving = false;
  #ask = (event: BeforeUnloadEvent): void => {
    if (!this.#leaving && differs(this.#before, this.#now())) event.preventDefault();
  };
  #sent = (): void => {
    this.#leaving = true;
  };
  #saved = (): void => {
    this.#leaving = false;
    this.#before = this.#now();
  };

  connectedCallback(): void {
    this.#before = this.#now();
    window.addEventListener("beforeunload", this.#ask);
    this.addEventListener("submit", this.#sent);
    this.addEventListener("htmx:after:swap", this.#saved);
  }
  disconnectedCallback(): void {
    window.removeEventListener("beforeunload", this.#ask);
    this.removeEventListener("submit", this.#sent);
    this.removeEventListener("htmx:after:swap", this.#saved);
  }
  #now(): string {
    const form = this.querySelector("form");
    return form ? readingOf(new FormData(form)) : "";
  }
}
customElements.define("unsaved-guard", UnsavedGuard);
