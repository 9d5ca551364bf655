/** What the client API says and takes, as far as the app's screens use it (`node/wire/api`). */

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly actor: string;
  readonly channel: string;
  readonly role: "member" | "admin";
  readonly state: "pending" | "active" | "suspended";
  readonly display_name: string;
  readonly summary: string;
  readonly locale: string;
}

/** `token`, `session` and `device` are absent while the account waits for approval. */
export interface Session {
  readonly account: Account;
  readonly token?: string | null;
  readonly session?: string | null;
  readonly device?: string | null;
}

export interface NodeView {
  readonly name: string;
  readonly domain: string;
  readonly origin: string;
  readonly media_origin: string;
  readonly registration: "invite" | "approval" | "open";
  readonly limits: {
    readonly upload_bytes: number;
    readonly chunk_bytes: number;
    readonly video_seconds: number;
    readonly quota_bytes: number;
  };
}

export interface Person {
  readonly id: string;
  readonly handle: string;
  readonly display_name: string;
  readonly icon: string;
  /** The picture through this node; "" or absent where there is none. */
  readonly icon_here?: string;
}

/** What an invite link promises, before anybody takes it. */
export interface InviteShown {
  readonly inviter: Person | null;
  readonly befriends: boolean;
  readonly role: "member" | "admin";
}

export interface Actor {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly address: string;
  readonly local: boolean;
  readonly display_name: string;
  readonly summary: string;
  readonly icon: string;
  readonly url: string;
}

export type Standing =
  | "none"
  | "requested"
  | "incoming"
  | "mutual"
  | "friend"
  | "declined"
  | "blocked";

export interface Relation {
  readonly person: Person;
  readonly state: Standing;
  readonly following: "" | "asked" | "accepted";
  readonly follower: boolean;
  readonly text: string;
  readonly since: string | null;
}

export interface MediaFile {
  readonly kind: string;
  readonly media_type: string;
  readonly url: string;
  readonly name?: string;
  readonly width?: number;
  readonly height?: number;
  readonly duration_ms?: number;
  readonly blurhash?: string;
  readonly poster?: string;
  /** The same through this node, for a few hours. */
  readonly here?: string;
  readonly poster_here?: string;
}

export type Audience = "public" | "followers" | "friends" | "";

export interface Post {
  readonly id: string;
  readonly number: string;
  readonly kind: string;
  readonly author: Person;
  readonly content: string;
  readonly published: string;
  readonly updated: string | null;
  readonly url: string;
  readonly name: string;
  readonly summary: string;
  readonly sensitive: boolean;
  readonly lang: string;
  readonly in_reply_to: string;
  readonly video: string;
  readonly media: readonly MediaFile[];
  readonly audience: readonly string[];
  readonly likes: number;
  readonly comments: number;
  readonly liked: boolean;
}

/** Where a video is played from; past `expires` the address is asked for again. */
export interface Watching {
  readonly id: string;
  readonly mp4: string;
  readonly media_type: string;
  readonly hls: string;
  readonly poster: string;
  readonly blurhash: string;
  readonly width: number;
  readonly height: number;
  readonly duration_ms: number;
  readonly size: number;
  readonly expires: string | null;
}

export interface Upload {
  readonly id: string;
  readonly size: number;
  readonly offset: number;
  readonly state: "open" | "sealed" | "used" | "failed";
  readonly expires: string;
  readonly chunk_limit_bytes: number;
}

export interface Video {
  readonly id: string;
  readonly post: string;
  readonly name: string;
  readonly state: "processing" | "ready" | "failed";
  readonly progress: number;
  readonly reason: string;
  readonly clause: string;
}

export interface Notice {
  readonly id: string;
  readonly kind: string;
  readonly actor: Person;
  readonly object: string;
  readonly created: string;
  readonly read: boolean;
}
