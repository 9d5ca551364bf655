/** What a page and the worker that makes films smaller say to each other. */

import type { AsItIs, Part, Plan } from "./plan.ts";

export interface Asked {
  readonly file: Blob;
  readonly part: Part;
  /** Only say what would be done. */
  readonly isTrial: boolean;
}

export type Answer =
  | { readonly is: "progress"; readonly done: number }
  | { readonly is: "planned"; readonly plan: Plan }
  | { readonly is: "made"; readonly file: Blob }
  | { readonly is: "as_it_is"; readonly why: AsItIs };
