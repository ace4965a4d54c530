/** A sheet of cells as the keyboard and the clipboard know it: places, ranges, and the text that other programs paste. */

export interface Spot {
  row: number;
  col: number;
}
export interface Range {
  top: number;
  left: number;
  bottom: number;
  right: number;
}
export interface Size {
  rows: number;
  cols: number;
}

/** The cells between two spots, both included. */
export function rangeOf(one: Spot, other: Spot): Range {
  return {
    top: Math.min(one.row, other.row),
    left: Math.min(one.col, other.col),
    bottom: Math.max(one.row, other.row),
    right: Math.max(one.col, other.col),
  };
}

export function holds(range: Range, spot: Spot): boolean {
  return spot.row >= range.top && spot.row <= range.bottom && spot.col >= range.left && spot.col <= range.right;
}

const PAGE = 10;

/** Where a key leads from a spot, never off the sheet; null for a key that does not walk. `far`: with Ctrl, to the edge. */
export function moved(at: Spot, key: string, size: Size, far = false): Spot | null {
  const last = { row: size.rows - 1, col: size.cols - 1 };
  const steps: Record<string, Spot> = {
    ArrowUp: { row: far ? 0 : at.row - 1, col: at.col },
    ArrowDown: { row: far ? last.row : at.row + 1, col: at.col },
    ArrowLeft: { row: at.row, col: far ? 0 : at.col - 1 },
    ArrowRight: { row: at.row, col: far ? last.col : at.col + 1 },
    Home: { row: far ? 0 : at.row, col: 0 },
    End: { row: far ? last.row : at.row, col: last.col },
    PageUp: { row: at.row - PAGE, col: at.col },
    PageDown: { row: at.row + PAGE, col: at.col },
  };
  const to = Object.hasOwn(steps, key) ? steps[key] : undefined;
  return to ? within(to, size) : null;
}

/** Whether a key writes a letter. A space does not: it presses what stands in the cell. */
export function isTyped(key: string): boolean {
  return /^\S$/u.test(key);
}

/** What was typed takes the place of what a field said, as in a spreadsheet; of choices, the first that begins with it. */
export function putInto(field: HTMLElement, text: string): void {
  if (field instanceof HTMLSelectElement) {
    const found = [...field.options].find((option) => option.text.toLowerCase().startsWith(text.toLowerCase()));
    if (found) field.value = found.value;
  } else if (field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && !/^(checkbox|radio)$/.test(field.type))) {
    field.value = text;
    field.setSelectionRange(text.length, text.length);
  } else return;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/** The nearest spot on the sheet. */
export function within(spot: Spot, size: Size): Spot {
  return { row: clamp(spot.row, size.rows - 1), col: clamp(spot.col, size.cols - 1) };
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}

/** The range that copying down fills, its first row the source: of a single row, the one above it is. Null at the top. */
export function fillRange(range: Range): Range | null {
  if (range.bottom > range.top) return range;
  return range.top > 0 ? { ...range, top: range.top - 1 } : null;
}

export interface CopiedCell {
  text: string;
  isNumber: boolean;
}

/** What a spreadsheet would run, full-width signs too; as in files that we write. Numbers stay numbers. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠|%']/;

/** Rows of cells as the text that spreadsheets paste: nothing in it is run, and what holds tabs, lines or quotes stands in quotes. */
export function copied(rows: CopiedCell[][]): string {
  return rows.map((row) => row.map(cellText).join("\t")).join("\r\n");
}

function cellText({ text, isNumber }: CopiedCell): string {
  const safe = !isNumber && FORMULA.test(text) ? `'${text}` : text;
  return /["\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
