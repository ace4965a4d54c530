/**
 * Buttons that open and close dialogs, by delegation, so that they work after every swap.
 *
 * `<button data-dialog="send">` opens `<dialog id="send">`; `data-close` closes the dialog it stands in. A dialog that
 * an answer brings with `data-open` opens by itself. A press on the backdrop closes a dialog without a form in it.
 */

/** Whether a press at `x`, `y` fell beside the box: on the backdrop. */
export function isOutside(box: { left: number; right: number; top: number; bottom: number }, x: number, y: number): boolean {
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}

/** Where one was before a dialog opened. The browser knows it too, until an answer puts another dialog in its place. */
let before: HTMLElement | null = null;

function openDialog(dialog: HTMLDialogElement): void {
  if (dialog.open) return;
  const here = document.activeElement;
  if (here instanceof HTMLElement && here !== document.body && here.closest("dialog") === null) before = standing(here);
  dialog.addEventListener("close", goBack, { once: true });
  dialog.showModal();
}

/** An entry of a menu goes out of sight with it: one stands at the button that opened the menu. */
function standing(here: HTMLElement): HTMLElement {
  const menu = here.closest("[popover]");
  const button = menu ? document.querySelector<HTMLElement>(`[popovertarget="${CSS.escape(menu.id)}"]`) : null;
  return button ?? here;
}

function goBack(): void {
  if (document.activeElement === document.body) before?.focus();
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const opener = event.target.closest<HTMLElement>("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset["dialog"] ?? "");
    if (dialog instanceof HTMLDialogElement) openDialog(dialog);
    return;
  }
  if (event.target.closest("[data-close]")) {
    event.target.closest("dialog")?.close();
    return;
  }
  if (event.target instanceof HTMLDialogElement && event.target.querySelector("form:not([role='search'])") === null) {
    if (isOutside(event.target.getBoundingClientRect(), event.clientX, event.clientY)) event.target.close();
  }
});

function openArrivals(): void {
  document.querySelectorAll<HTMLDialogElement>("dialog[data-open]").forEach((dialog) => {
    dialog.removeAttribute("data-open");
    openDialog(dialog);
  });
}
document.addEventListener("htmx:after:swap", openArrivals);
openArrivals();

/** The server closes what it has finished: `HX-Trigger: enishi:close-dialog`. */
document.addEventListener("enishi:close-dialog", () => {
  document.querySelectorAll<HTMLDialogElement>("dialog[open]").forEach((dialog) => {
    dialog.close();
  });
});
