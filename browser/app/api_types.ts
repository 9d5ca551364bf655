/**
 * What the app's screens ask of the client API, by the names they use. The shapes are those of the
 * node's OpenAPI document; only where it says no more than "text", the words that can stand there.
 */

import type {
  Person as ApiPerson,
  Relation as ApiRelation,
  UploadView,
  VideoView,
} from "../messenger/api_types.ts";

export type {
  AccountKeys,
  AccountView as Account,
  ActorView as Actor,
  ActView as Act,
  FriendCode,
  InviteShown,
  MediaFile,
  MuteView as Mute,
  NodeView,
  Notice,
  PictureView as Picture,
  Post,
  PostVersion,
  ReportedPost,
  ReportMade,
  ReportView as Report,
  Session,
  Watching,
} from "../messenger/api_types.ts";

/** Somebody, as far as they are drawn. `icon_here` is absent where the node shows no picture. */
export type Person = Pick<ApiPerson, "id" | "handle" | "display_name" | "icon"> &
  Partial<ApiPerson>;

export type Standing =
  | "none"
  | "requested"
  | "incoming"
  | "mutual"
  | "friend"
  | "declined"
  | "blocked";

export interface Relation extends Omit<ApiRelation, "state" | "following"> {
  readonly state: Standing;
  readonly following: "" | "asked" | "accepted";
}

export type Audience = "public" | "followers" | "friends" | "";

export interface Upload extends Omit<UploadView, "state"> {
  readonly state: "open" | "sealed" | "used" | "failed";
}

export interface Video extends Omit<VideoView, "state"> {
  readonly state: "processing" | "ready" | "failed";
}
