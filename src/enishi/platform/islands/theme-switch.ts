/** `<theme-switch data-url="…">` with buttons whose values are "", "light" and "dark". The server keeps the choice. */
import { postForm } from "@frontend/lib/templates";

/** What `data-theme` of the page becomes; null takes the attribute off and leaves it to the system. */
export function themeAttribute(choice: string): string | null {
  return choice === "light" || choice === "dark" ? choice : null;
}

class ThemeSwitch extends HTMLElement {
  #press = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    const theme = themeAttribute(button.value);
    if (theme) document.documentElement.setAttribute("data-theme", theme);
    else document.documentElement.removeAttribute("data-theme");
    document.querySelectorAll<HTMLButtonElement>("theme-switch button").forEach((one) => {
      one.setAttribute("aria-pressed", String(one.value === button.value));
    });
    void postForm(this.dataset["url"] ?? "", { theme: button.value });
  };

  connectedCallback(): void {
    this.addEventListener("click", this.#press);
  }
  disconnectedCallback(): void {
    this.removeEventListener("click", this.#press);
  }
}
customElements.define("theme-switch", ThemeSwitch);
