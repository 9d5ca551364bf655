/**
 * What a device has to say to its home node goes there (spec DEV-3.1). Its twin is `node/client/carrier.py`.
 */

import type { Create, Outcome, Send, TellGone } from "../device/exchange.ts";
import { base64 } from "../wire/bytes.ts";
import type { ApiClient } from "./api_client.ts";

/** Do what the device says is to be done: one request. Throws what the node answers. */
export function carry(api: ApiClient, asked: Create | Send | TellGone): Promise<Outcome> {
  switch (asked.is) {
    case "Create":
      return create(api, asked);
    case "Send":
      return post(api, asked);
    case "TellGone":
      return tellGone(api, asked);
  }
}

async function create(api: ApiClient, asked: Create): Promise<Outcome> {
  const { group_id, members, epoch, url: known } = asked;
  const body = { group_id: base64(group_id), members, epoch, url: known };
  const { ref, url } = await api.ask("POST /conversations", { body });
  return { is: "Created", ref, url };
}

async function tellGone(api: ApiClient, { ref, actors, seq }: TellGone): Promise<Outcome> {
  const body = { actors, seq };
  const given = { path: { ref }, body, harmless: true };
  await api.ask("POST /conversations/{ref}/gone", given);
  return { is: "Accepted" };
}

async function post(api: ApiClient, asked: Send): Promise<Outcome> {
  const { ref, content, welcomes, removed } = asked;
  const body = {
    content: base64(content),
    welcomes: welcomes.map(({ content, to }) => ({ content: base64(content), to })),
    removed: removed.map((actor) => ({ actor })),
  };
  const given = { path: { ref }, body, harmless: true };
  const { item } = await api.ask("POST /conversations/{ref}/messages", given);
  return { is: "Accepted", term: item?.term ?? 0 };
}
