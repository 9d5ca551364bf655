/** What a message says, drawn: words with their links, markup from its tree, and never HTML (E2E-7.1). */

import type { ComponentChildren } from "preact";
import { htmlOf } from "../../device/markdown.ts";
import type { Message } from "../../worker/device_client.ts";
import { linked } from "../linked.ts";
import { Icon } from "../parts/icon.tsx";
import { type Rich, richOf } from "../rich.ts";
import { saySaid } from "./words.ts";

function Link({
  href,
  children,
}: {
  readonly href: string;
  readonly children?: ComponentChildren;
}) {
  const isOurs = new URL(href).origin === location.origin;
  return (
    <a href={href} target={isOurs ? undefined : "_blank"} rel="noopener noreferrer nofollow">
      {children ?? href}
    </a>
  );
}

/** Plain words, in which addresses are links. */
function plain(text: string): ComponentChildren {
  return linked(text).map((part, index) =>
    typeof part === "string" ? part : <Link key={index} href={part.href} />,
  );
}

function drawn(one: Rich, key: number): ComponentChildren {
  if (typeof one === "string") return plain(one);
  if (one.tag === "a") {
    const { href, children } = one as Extract<Rich, { readonly href: string }>;
    return (
      <Link key={key} href={href}>
        {children.map((each, place) => (typeof each === "string" ? each : drawn(each, place)))}
      </Link>
    );
  }
  const Element = one.tag;
  return <Element key={key}>{one.tag === "br" ? null : one.children.map(drawn)}</Element>;
}

/** The words of a message, as they were meant to look. */
export function Said({ message }: { readonly message: Message }) {
  const { text, html, isMarkdown, isUnknown } = message;
  const markup = isMarkdown ? htmlOf(text) : html;
  return (
    <>
      {isUnknown && (
        <p class="cannot">
          <Icon name="alert" />
          <span>{saySaid("cannot")}</span>
        </p>
      )}
      {text !== "" &&
        (markup === "" ? (
          <p class="message-text" dir="auto">
            {plain(text)}
          </p>
        ) : (
          <div class="message-text rich" dir="auto">
            {richOf(markup).map(drawn)}
          </div>
        ))}
    </>
  );
}
