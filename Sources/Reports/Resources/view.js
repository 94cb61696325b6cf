// What of the page changes while it is looked at, for the parts of it that share that.

import { usedLoaders } from "./model.js";

/** @import { Cell } from "./types.d.ts" */

export const view = {
  /** Loaders that are shown; several stand side by side in each kernel's column. */
  loaders: usedLoaders,
  /** The cell that is in the tab order. */
  current: /** @type {Cell | undefined} */ (undefined),
  /** The cell that the panel shows. */
  open: /** @type {Cell | null} */ (null),
  /** What the last filter found: these cells do not fade. */
  found: /** @type {Set<Cell>} */ (new Set()),
  /** Whether the last filter left anything out. */
  isFiltered: false,
  /** Where nothing matches the grid is away, and stays as it was: what shows it again has less to do. */
  anyMatches: true,
};
