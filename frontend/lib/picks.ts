/**
 * A list whose choice acts at once (`<select data-part="pick">`) is opened by the arrow keys, as by a press: closed, most
 * browsers would take the next entry with each arrow, and the first one would be chosen before anybody has seen it.
 */

/** Whether a key walks through a closed list. */
export function walks(key: string, withAlt: boolean): boolean {
  return !withAlt && (key === "ArrowDown" || key === "ArrowUp");
}

document.addEventListener("keydown", (event) => {
  const list = event.target;
  if (!(list instanceof HTMLSelectElement) || list.dataset["part"] !== "pick" || !walks(event.key, event.altKey)) return;
  if (!("showPicker" in list)) return;
  event.preventDefault();
  list.showPicker();
});
