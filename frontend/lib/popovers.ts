/** Puts a `.menu` popover beside the button that opened it. The browser does the opening, closing and focus. */

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}
interface Size {
  width: number;
  height: number;
}

/** Below the button and in line with its left edge; above, or in line with its right edge, where there is no room. */
export function placeBeside(button: Box, menu: Size, view: Size, gap = 4): { left: number; top: number } {
  const fitsBelow = button.bottom + gap + menu.height <= view.height - gap;
  const above = button.top - gap - menu.height;
  const top = fitsBelow || above < gap ? button.bottom + gap : above;
  const left = button.left + menu.width <= view.width - gap ? button.left : button.right - menu.width;
  return { left: Math.max(gap, left), top: Math.max(gap, Math.min(top, view.height - gap - menu.height)) };
}

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLElement) || !menu.matches(".menu:popover-open")) return;
    const button = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
    if (!button) return;
    const view = { width: document.documentElement.clientWidth, height: window.innerHeight };
    const place = placeBeside(button.getBoundingClientRect(), { width: menu.offsetWidth, height: menu.offsetHeight }, view);
    menu.style.left = `${place.left}px`;
    menu.style.top = `${place.top}px`;
  },
  true,
);

/** A chosen entry closes its menu; a switch inside it does not. */
document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const entry = event.target.closest(".menu > a, .menu > button, .menu > ul > li > :is(a, button)");
  entry?.closest<HTMLElement>(".menu:popover-open")?.hidePopover();
});
