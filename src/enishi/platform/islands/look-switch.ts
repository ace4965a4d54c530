/** `<look-switch data-name="theme" data-url="…">`: buttons whose values are looks of the page, "" for the usual one. The choice
 * stands in `data-theme` (or whatever the name is) of the page at once, and the server keeps it. */
import { postForm } from "@frontend/lib/templates";

/** Give the page this look; "" takes it back. Every switch of the name shows which one is on. */
export function wear(name: string, value: string, page: Document = document): void {
  if (value) page.documentElement.setAttribute(`data-${name}`, value);
  else page.documentElement.removeAttribute(`data-${name}`);
  page.querySelectorAll<HTMLButtonElement>(`look-switch[data-name="${name}"] button`).forEach((button) => {
    button.setAttribute("aria-pressed", String(button.value === value));
  });
}

class LookSwitch extends HTMLElement {
  #press = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const name = this.dataset["name"];
    if (!button || !name) return;
    wear(name, button.value);
    void postForm(this.dataset["url"] ?? "", { [name]: button.value });
  };

  connectedCallback(): void {
    this.addEventListener("click", this.#press);
  }
  disconnectedCallback(): void {
    this.removeEventListener("click", this.#press);
  }
}
customElements.define("look-switch", LookSwitch);
