/**
 * Asks the browser for a passkey and sends what it says with the form around it.
 *
 * `<passkey-form data-options='{"publicKey": …}'>` holds `<input type="hidden" name="credential">`, a button with
 * `data-passkey` and a line with `data-passkey-error`. `data-kind="create"` makes a passkey, otherwise one is used;
 * `data-url` fetches the options at the press instead. `data-failed` is said where it did not work, `data-missing` where
 * this browser has no passkeys.
 */

export interface Options {
  publicKey: PublicKeyCredentialCreationOptionsJSON & PublicKeyCredentialRequestOptionsJSON;
}

/** What the server gave, whichever way it wraps it. */
export function optionsOf(answer: unknown): Options {
  const found = answer as { request_options?: Options; publicKey?: Options["publicKey"] };
  if (found.request_options) return found.request_options;
  if (found.publicKey) return { publicKey: found.publicKey };
  throw new TypeError("no options of a passkey");
}

/** Whether this browser has passkeys here: they need https, or localhost. */
export function hasPasskeys(scope: { isSecureContext?: boolean; PublicKeyCredential?: unknown }): boolean {
  return scope.isSecureContext === true && scope.PublicKeyCredential !== undefined;
}

class PasskeyForm extends HTMLElement {
  #press = (event: Event): void => {
    if (event.target instanceof Element && event.target.closest("[data-passkey]")) void this.#run();
  };

  connectedCallback(): void {
    this.addEventListener("click", this.#press);
    if (!hasPasskeys(window)) this.#without();
  }
  disconnectedCallback(): void {
    this.removeEventListener("click", this.#press);
  }

  #without(): void {
    this.querySelectorAll<HTMLElement>("[data-passkey]").forEach((button) => { button.hidden = true; });
    this.#say(this.dataset["missing"] ?? "");
  }

  #say(words: string): void {
    const line = this.querySelector<HTMLElement>("[data-passkey-error]");
    if (!line) return;
    line.textContent = words;
    line.hidden = words === "";
  }

  async #options(): Promise<Options> {
    const url = this.dataset["url"];
    if (url === undefined) return optionsOf(JSON.parse(this.dataset["options"] ?? "{}"));
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    return optionsOf(await answer.json());
  }

  async #run(): Promise<void> {
    const field = this.querySelector<HTMLInputElement>("input[name=credential]");
    if (!field?.form) return;
    this.#say("");
    try {
      const { publicKey } = await this.#options();
      const found =
        this.dataset["kind"] === "create"
          ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
          : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
      if (!(found instanceof PublicKeyCredential)) throw new TypeError("no passkey");
      field.value = JSON.stringify(found.toJSON());
    } catch {
      this.#say(this.dataset["failed"] ?? "");
      return;
    }
    field.form.requestSubmit();
  }
}
customElements.define("passkey-form", PasskeyForm);
