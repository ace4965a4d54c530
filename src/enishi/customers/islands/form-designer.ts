/**
 * `<form-designer>`: cards are dragged within and between the lists `[data-section]`; the order goes into the form that holds
 * the input `order`, and the server answers with the desk as it is then. Every step is also a button, for the keyboard and without this script.
 */
import Sortable from "sortablejs";

/** The order as the server reads it: 「who:names,gender contact:email」. */
export function orderOf(sections: { key: string; fields: string[] }[]): string {
  return sections.map(({ key, fields }) => `${key}:${fields.join(",")}`).join(" ");
}

class FormDesigner extends HTMLElement {
  #lists: Sortable[] = [];
  #choose = (event: Event): void => {
    const chosen = event.target;
    if (!(chosen instanceof HTMLInputElement) || chosen.name !== "show_field") return;
    const form = chosen.closest("form");
    form?.querySelectorAll<HTMLElement>("[data-of]").forEach((values) => {
      values.querySelectorAll("input").forEach((input) => {
        input.disabled = values.dataset["of"] !== chosen.value;
      });
    });
  };

  connectedCallback(): void {
    this.addEventListener("change", this.#choose);
    this.#lists = [...this.querySelectorAll<HTMLElement>("ul[data-section]")].map(
      (list) =>
        new Sortable(list, {
          group: "fields",
          handle: ".grip",
          draggable: ".designer-card:not([data-fixed])",
          animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
          onEnd: () => {
            this.#send();
          },
        }),
    );
  }
  disconnectedCallback(): void {
    this.removeEventListener("change", this.#choose);
    this.#lists.forEach((list) => {
      list.destroy();
    });
  }
  #send(): void {
    const order = this.querySelector<HTMLInputElement>('input[name="order"]');
    if (!order) return;
    order.value = orderOf(
      [...this.querySelectorAll<HTMLElement>("ul[data-section]")]
        .filter((list) => list.dataset["section"] !== "")
        .map((list) => ({
          key: list.dataset["section"] ?? "",
          fields: [...list.querySelectorAll<HTMLElement>("[data-field]")].map((card) => card.dataset["field"] ?? ""),
        })),
    );
    order.form?.requestSubmit();
  }
}
customElements.define("form-designer", FormDesigner);
