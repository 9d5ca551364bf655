/** The links of a profile: each a name and an address, up to four (PIC-3.5). */

import type { Signal } from "@preact/signals";

import { sayPictures } from "../pictures/words.ts";
import { number } from "../words/index.ts";
import { Field } from "./form.tsx";
import { Icon } from "./icon.tsx";

export interface Link {
  readonly name: string;
  readonly url: string;
}

const MOST = 4;
const LONGEST_NAME = 60;

/** Those that say something: an empty line is none. */
export const written = (links: readonly Link[]): readonly Link[] =>
  links.filter(({ name, url }) => `${name}${url}`.trim() !== "");

/** People leave out how an address begins. */
export const addressOf = (url: string): string =>
  /^[a-z][a-z0-9+.-]*:/iu.test(url.trim()) ? url.trim() : `https://${url.trim()}`;

export function LinkFields({ links }: { readonly links: Signal<readonly Link[]> }) {
  const change = (place: number, part: Partial<Link>) => {
    links.value = links.value.map((one, at) => (at === place ? { ...one, ...part } : one));
  };
  return (
    <fieldset class="link-fields">
      <legend>{sayPictures("links")}</legend>
      <p class="hint">{sayPictures("link.hint")}</p>
      {links.value.map(({ name, url }, place) => {
        const which = { number: number(place + 1) };
        return (
          <div class="link-field" key={place}>
            <Field
              label={sayPictures("link.name", which)}
              name={`link-name-${place}`}
              maxLength={LONGEST_NAME}
              required={url.trim() !== ""}
              value={name}
              onValue={(text) => change(place, { name: text })}
            />
            <Field
              label={sayPictures("link.address", which)}
              name={`link-address-${place}`}
              plain
              required={name.trim() !== ""}
              value={url}
              onValue={(text) => change(place, { url: text })}
            />
            <button
              type="button"
              class="round"
              aria-label={sayPictures("link.remove", which)}
              onClick={() => {
                links.value = links.value.filter((_, at) => at !== place);
              }}
            >
              <Icon name="close" />
            </button>
          </div>
        );
      })}
      {links.value.length < MOST && (
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            links.value = [...links.value, { name: "", url: "" }];
          }}
        >
          <Icon name="plus" />
          {sayPictures("link.add")}
        </button>
      )}
    </fieldset>
  );
}
