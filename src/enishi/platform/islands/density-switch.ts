/** `<density-switch data-url="…">` with buttons "normal" and "tight": the height of list rows, kept by the server. */
import { postForm } from "@frontend/lib/templates";

/** What `data-density` of the page becomes; null is the standard height. */
export function densityAttribute(choice: string): string | null {
  return choice === "tight" ? "tight" : null;
}

class DensitySwitch extends HTMLElement {
  #press = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    const density = densityAttribute(button.value);
    if (density) document.documentElement.setAttribute("data-density", density);
    else document.documentElement.removeAttribute("data-density");
    this.querySelectorAll("button").forEach((one) => {
      one.setAttribute("aria-pressed", String(one === button));
    });
    void postForm(this.dataset["url"] ?? "", { density: button.value });
  };

  connectedCallback(): void {
    this.addEventListener("click", this.#press);
  }
  disconnectedCallback(): void {
    this.removeEventListener("click", this.#press);
  }
}
customElements.define("density-switch", DensitySwitch);
