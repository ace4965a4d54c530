/**
 * `<form-rules>` around a customer's form: fields with `data-show` stand only while their conditions hold, and the options of
 * a list with `data-narrowed-by` only beside the value that they belong to. The server decides the same again.
 */

export interface Condition {
  field: string;
  values: string[];
}

/** Whether the condition is true of what is chosen and written now. */
export function holds(condition: Condition, valuesOf: (field: string) => string[]): boolean {
  const given = valuesOf(condition.field).filter((value) => value !== "");
  return condition.values.length ? given.some((value) => condition.values.includes(value)) : given.length > 0;
}

/** Whether an option with these parents is offered beside these values; without parents it always is. */
export function isOffered(parents: string, narrowing: string[]): boolean {
  return parents === "" || parents.split(" ").some((parent) => narrowing.includes(parent));
}

class FormRules extends HTMLElement {
  #apply = (): void => {
    for (const field of this.querySelectorAll<HTMLElement>("[data-show]")) {
      const conditions = field.dataset["show"] ? (JSON.parse(field.dataset["show"]) as Condition[]) : [];
      field.hidden = !conditions.every((condition) => holds(condition, this.#valuesOf));
    }
    for (const list of this.querySelectorAll<HTMLSelectElement>("select[data-narrowed-by]")) {
      const narrowing = this.#valuesOf(list.dataset["narrowedBy"] ?? "");
      for (const option of list.options) {
        const offered = isOffered(option.dataset["parents"] ?? "", narrowing);
        option.hidden = option.disabled = !offered;
        if (!offered && option.selected) list.value = "";
      }
    }
  };
  #valuesOf = (name: string): string[] => {
    const form = this.closest("form");
    return form ? new FormData(form).getAll(name).map(String) : [];
  };

  connectedCallback(): void {
    this.addEventListener("change", this.#apply);
    this.#apply();
  }
  disconnectedCallback(): void {
    this.removeEventListener("change", this.#apply);
  }
}
customElements.define("form-rules", FormRules);
