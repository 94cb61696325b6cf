// State of the page that several parts share.

import { usedLoaders } from "./model.js";

/** @import { Cell } from "./types.d.ts" */

export const view = {
  /** Visible loaders; several appear side by side in each kernel's column. */
  loaders: usedLoaders,
  /** The cell that is in the tab order. */
  current: /** @type {Cell | undefined} */ (undefined),
  /** The cell that the panel shows. */
  open: /** @type {Cell | null} */ (null),
  /** The matches of the last filter: these cells do not fade. */
  found: /** @type {Set<Cell>} */ (new Set()),
  /** Whether the last filter excluded any cell. */
  isFiltered: false,
  /** If nothing matches, the grid is hidden but kept, so that showing it again is fast. */
  anyMatches: true,
};
