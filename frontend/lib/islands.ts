/** Loads the code of an island when a page first has one. The file's name is the element's name. */

type Load = () => Promise<unknown>;

/** `../src/enishi/segments/islands/segment-builder.ts` → `segment-builder`. */
export function tagOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.ts$/, "");
}

/** Which of the known islands stand in `root` and are not awake yet. */
export function sleepingIn(root: ParentNode, known: Iterable<string>, isAwake: (tag: string) => boolean): string[] {
  return [...known].filter((tag) => !isAwake(tag) && root.querySelector(tag) !== null);
}

/** Wakes islands now and after every swap; each is loaded once. */
export function wakeIslands(files: Record<string, Load>): void {
  const loaders = new Map(Object.entries(files).map(([path, load]) => [tagOf(path), load]));
  const wake = (): void => {
    for (const tag of sleepingIn(document, loaders.keys(), (name) => customElements.get(name) !== undefined)) {
      void loaders.get(tag)?.();
      loaders.delete(tag);
    }
  };
  wake();
  document.addEventListener("htmx:after:swap", wake);
}
