/** The files of a message as a tab sees them: nothing that opens them. */

import type { FileView } from "../worker/file_questions.ts";
import { type Attachment, filesIn, shownAs, sizeOf } from "./attached.ts";

function viewOf(file: Attachment): FileView {
  const { mediaType, name, width, height, milliseconds, poster } = file;
  const more = { width, height, milliseconds, hasPoster: poster !== null };
  return { shownAs: shownAs(file), mediaType, name, size: sizeOf(file), ...more };
}

/** The files in what came beside the words; `isUnknown`: there is more, which nobody here can read. */
export function filesOf(raw: string): {
  readonly isUnknown: boolean;
  readonly files: readonly FileView[];
} {
  const { those, isAll } = filesIn(raw);
  return { isUnknown: !isAll, files: those.map(viewOf) };
}
