/** Everything a staff page loads: styles, htmx, the small islands; large islands come when a page has one. */
import "./styles/index.css";
import "./lib/htmx";
import "./lib/ask";
import "./lib/confirm";
import "./lib/dialogs";
import "./lib/picks";
import "./lib/popovers";
import "./lib/tabs";

import { wakeIslands } from "./lib/islands";

import.meta.glob(
  ["../src/enishi/platform/islands/*.ts", "!../src/enishi/platform/islands/*.test.ts", "!../src/enishi/platform/islands/chart-view.ts"],
  { eager: true },
);

wakeIslands({
  ...import.meta.glob([
    "../src/enishi/*/islands/*.ts",
    "!../src/enishi/*/islands/*.test.ts",
    "!../src/enishi/platform/islands/*.ts",
  ]),
  "chart-view.ts": () => import("../src/enishi/platform/islands/chart-view"),
});
