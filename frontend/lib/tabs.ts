/** Tabs that do not fit beside each other scroll; the one that is open is brought into sight. */

/** How far a row of `view` px has to be scrolled for a tab at `left` to stand in its middle. */
export function scrollFor(left: number, width: number, view: number): number {
  return Math.max(0, left + width / 2 - view / 2);
}

function showCurrent(): void {
  document.querySelectorAll<HTMLElement>(".tabs").forEach((row) => {
    const tab = row.querySelector<HTMLElement>("[aria-current]");
    if (tab) row.scrollLeft = scrollFor(tab.offsetLeft - row.offsetLeft, tab.offsetWidth, row.clientWidth);
  });
}
document.addEventListener("htmx:after:swap", showCurrent);
showCurrent();
