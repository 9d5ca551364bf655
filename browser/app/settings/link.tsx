/** A link that is told once: to be copied, or handed on by what the browser has for that. */

import { Button } from "../parts/form.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { sayHere } from "./words.ts";

export function Link({ url, says }: { readonly url: string; readonly says: string }) {
  return (
    <div class="told" role="status">
      <p>{says}</p>
      <output class="told-link" dir="ltr">
        {url}
      </output>
      <div class="ways">
        <Button
          onClick={() =>
            attempt(async () => {
              await navigator.clipboard.writeText(url);
              tell(sayHere("copied"));
            })
          }
        >
          {sayHere("copy")}
        </Button>
        {"share" in navigator && (
          <Button kind="quiet" onClick={() => navigator.share({ url }).catch(() => undefined)}>
            {sayHere("hand_on")}
          </Button>
        )}
      </div>
    </div>
  );
}
