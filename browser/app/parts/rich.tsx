/** Draws text with markup from its tree: elements of a list, never HTML. */

import type { ComponentChildren } from "preact";

import { type Rich, richOf } from "../rich.ts";
import { pageOf } from "./avatar.tsx";

/** A link to somebody of this node leads to their page in the app. */
function wayOf(href: string): { readonly href: string; readonly isOurs: boolean } {
  const url = new URL(href);
  const name = /^\/@([a-z0-9_]+)$/u.exec(url.pathname)?.[1];
  if (url.host === location.host && name !== undefined) {
    return { href: pageOf(`@${name}@${url.host}`), isOurs: true };
  }
  return { href, isOurs: false };
}

function drawn(one: Rich, key: number): ComponentChildren {
  if (typeof one === "string") return one;
  const children = one.children.map(drawn);
  if (one.tag !== "a") {
    const Element = one.tag;
    return <Element key={key}>{one.tag === "br" ? null : children}</Element>;
  }
  const { href, isOurs } = wayOf((one as { readonly href: string }).href);
  if (isOurs) {
    return (
      <a key={key} href={href}>
        {children}
      </a>
    );
  }
  return (
    <a key={key} href={href} target="_blank" rel="noopener noreferrer nofollow ugc">
      {children}
    </a>
  );
}

interface Props {
  readonly html: string;
  readonly lang?: string | undefined;
  readonly class?: string | undefined;
}

export function RichText({ html, lang, class: name = "" }: Props) {
  return (
    <div class={`rich ${name}`} dir="auto" lang={lang === "" ? undefined : lang}>
      {richOf(html).map(drawn)}
    </div>
  );
}
