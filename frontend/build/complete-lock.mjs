/**
 * Completes package-lock.json after `npm install`.
 *
 * npm leaves an optional package of another platform out of the lock when the registry it asked does not have it,
 * and `npm ci` then refuses the lock as out of step. Each such package gets the smallest entry npm accepts.
 * Addresses of registries are taken out, so that the lock says what to install and not where from.
 */
import { readFileSync, writeFileSync } from "node:fs";

const path = new URL("../../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));

function platformOf(name) {
  const systems = ["darwin", "linux", "win32", "android", "freebsd", "openbsd", "netbsd", "sunos", "aix", "openharmony"];
  const processors = ["arm64", "x64", "ia32", "arm", "riscv64", "ppc64", "s390x", "loong64", "mips64el", "wasm32"];
  const words = name.split(/[-/]/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  return { ...(os.length ? { os } : {}), ...(cpu.length ? { cpu } : {}) };
}

for (const [place, entry] of Object.entries(lock.packages)) {
  delete entry.resolved;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const known = lock.packages[`${place}/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`];
    if (known) continue;
    const dev = place !== "" && entry.dev ? { dev: true } : {};
    lock.packages[`node_modules/${name}`] = { version: version.replace(/^[^\d]*/, ""), ...dev, optional: true, ...platformOf(name) };
  }
}

lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)),
);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
