/**
 * What the client API takes and answers, by route. Made from the node's OpenAPI document by
 * `tools/api_types.py`: change the routes, not this page.
 */

/** With padding. Instants are RFC 3339, in UTC. */
export type Base64 = string;

/** The keys of one's own account. `number` is `d.n.b`: what `If-Match` names. */
export interface AccountKeys {
  readonly root: Base64;
  readonly number: string;
  readonly delegation: Base64;
  readonly list: Base64;
  readonly box: Base64;
}

/**
 * One's own account. `actor` is its public id, `address` is `@name@domain`; `avatar` and `header`
 * are where its pictures are, for everyone.
 */
export interface AccountView {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly actor: string;
  readonly channel: string;
  readonly role: "admin" | "member";
  readonly state: "active" | "pending" | "suspended";
  readonly created: string;
  readonly display_name: string;
  readonly summary: string;
  readonly locale: string;
  readonly mentions: "everyone" | "following" | "friends" | "nobody";
  readonly identity_key: Base64 | null;
  readonly reason: string;
  readonly avatar: string;
  readonly header: string;
  readonly links: readonly ProfileLine[];
}

/** All items up to and with `seq` are on the device's disk. */
export interface Acknowledgement {
  readonly seq: number;
}

/** One page, the newest first. */
export interface ActList {
  readonly items: readonly ActView[];
}

/** What an administrator did. `who` is the name of their account, "" on the node's machine. */
export interface ActView {
  readonly id: string;
  readonly who: string;
  readonly deed: string;
  readonly object: string;
  readonly at: string;
}

/** `actor`: @name@domain or an actor's id, of another server. */
export interface ActorChoice {
  readonly actor: string;
  readonly suspended: boolean;
}

/** What an actor publishes of their keys. Check the chain (KEY-3): trust no node with it. */
export interface ActorKeys {
  readonly actor: string;
  readonly root: Base64;
  readonly delegation: Base64;
  readonly list: Base64;
}

/** The ids of the actors of other servers that are suspended here. */
export interface ActorList {
  readonly suspended: readonly string[];
}

/**
 * Somebody, here or elsewhere. `summary` is cleaned HTML. `number`: see API-5.6. `icon` is their
 * face, `header` the picture behind their profile; `icon_here` and `header_here` are where the
 * reader's own node shows those (VID-9.1).
 */
export interface ActorView {
  readonly id: string;
  readonly number: string;
  readonly kind: string;
  readonly name: string;
  readonly address: string;
  readonly local: boolean;
  readonly display_name: string;
  readonly summary: string;
  readonly icon: string;
  readonly url: string;
  readonly icon_here: string;
  readonly header: string;
  readonly header_here: string;
  readonly links: readonly ProfileLine[];
}

/** An account as administrators see it. */
export interface Applicant {
  readonly id: string;
  readonly name: string;
  readonly display_name: string;
  readonly state: "active" | "pending" | "suspended";
  readonly role: "admin" | "member";
  readonly created: string;
  readonly reason: string;
}

export interface ApplicantList {
  readonly items: readonly Applicant[];
}

/** The old device lets the new one in. */
export interface ApproveLink {
  readonly secret: string;
  readonly grant: Base64;
}

/**
 * What became of a record: `stored`; `known`: there was one, or it was deleted; or, of a state,
 * `conflict`: then `body` is what stands there.
 */
export interface ArchiveAnswer {
  readonly state: string;
  readonly body: Base64;
}

/** In the order of the records. */
export interface ArchiveAnswers {
  readonly answers: readonly ArchiveAnswer[];
}

/** Names of records to remove, at most 1,000. */
export interface ArchiveNames {
  readonly names: readonly Base64[];
}

/**
 * A sealed record to keep. `day` is when it disappears (ARC-3), 0 for never. `was` is for states
 * only: the SHA-256 of the body in whose place this one is to come, empty where none is there.
 */
export interface ArchiveRecord {
  readonly name: Base64;
  readonly g: number;
  readonly body: Base64;
  readonly day?: number;
  readonly was?: Base64 | null;
}

/** How much is kept. `generation` is the newest that was written under, 0 for none. */
export interface ArchiveSummary {
  readonly on: boolean;
  readonly records: number;
  readonly bytes: number;
  readonly limit_bytes: number;
  readonly generation: number;
}

/** Whether the account has an archive. Switched off, all that it holds is removed. */
export interface ArchiveSwitch {
  readonly on: boolean;
}

/** A record that is kept. `pos` grows with each one that is written. */
export interface ArchivedRecord {
  readonly pos: number;
  readonly name: Base64;
  readonly g: number;
  readonly day: number;
  readonly body: Base64;
}

/**
 * A page. Another `incarnation` than before: the node was restored from a copy, and `pos` goes on
 * from an earlier one.
 */
export interface ArchivedRecords {
  readonly items: readonly ArchivedRecord[];
  readonly incarnation: string;
}

/** Sealed files of yours that stand, the newest first. */
export interface AttachmentList {
  readonly items: readonly AttachmentView[];
}

/**
 * A sealed file of yours. Whoever has `href` can fetch it, until `expires`; `name` is its end.
 * `size` is its length, sealed and filled up.
 */
export interface AttachmentView {
  readonly name: string;
  readonly href: string;
  readonly size: number;
  readonly created: string;
  readonly expires: string;
}

/** Whom a post for `audience` will not reach: their servers cannot show it. At most 100. */
export interface AudienceView {
  readonly audience: string;
  readonly unreached: readonly Person[];
}

/** What another server said and this node failed to work out, again and again. */
export interface BrokenArrival {
  readonly activity: string;
  readonly actor: string;
  readonly received: string;
  readonly reason: string;
}

/** The old password proves who asks. */
export interface ChangePassword {
  readonly old_password: string;
  readonly new_password: string;
}

/**
 * What is absent stays as it is. `summary` is plain text. `mentions`: who is heard at once when
 * they mention you; all others are kept as requests. `avatar` and `header` are ids of pictures that
 * you made (`POST /pictures`), or empty to take one away; `links` are all of them, at most four.
 */
export interface ChangeProfile {
  readonly display_name?: string | null;
  readonly summary?: string | null;
  readonly locale?: string | null;
  readonly mentions?: "everyone" | "following" | "friends" | "nobody" | null;
  readonly avatar?: string | null;
  readonly header?: string | null;
  readonly links?: readonly NewProfileLink[] | null;
}

/**
 * Whose packages, by actor id: a friend's, or your own for your other devices. `devices` (at most
 * 16 ids) says of which devices; without it one of every device is taken.
 */
export interface ClaimRequest {
  readonly actor: string;
  readonly suite?: number;
  readonly devices?: readonly string[];
}

/** One package of one device. `content` is the bare KeyPackage: check it again. */
export interface ClaimedPackage {
  readonly id: string;
  readonly actor: string;
  readonly suite: number;
  readonly content: Base64;
}

/** One package of each device of `actor`. */
export interface ClaimedPackages {
  readonly actor: string;
  readonly packages: readonly ClaimedPackage[];
}

/** `note` says what was done. */
export interface CloseReport {
  readonly note: string;
}

/** `host` is a server; `note` says what was done. */
export interface CloseReports {
  readonly host: string;
  readonly note: string;
}

/**
 * A conversation. `ref` names it in this API's paths, `url` everywhere else. `group_id` is empty
 * until this node saw a message of the group. `epoch`, `seq` and `head` (the hash of the last item)
 * are the relay's when `hosted`, else what this node knows of it.
 */
export interface Conversation {
  readonly ref: string;
  readonly url: string;
  readonly group_id: Base64;
  readonly creator: string;
  readonly hosted: boolean;
  readonly epoch: number;
  readonly seq: number;
  readonly head: Base64;
  readonly term: number;
  readonly members: readonly string[];
  readonly group_info: Base64;
}

/** Conversations in which this device takes part. */
export interface ConversationList {
  readonly items: readonly Conversation[];
}

/** The password proves who asks. */
export interface DeleteAccount {
  readonly password: string;
}

/** One page, the newest first. */
export interface DeliveryList {
  readonly items: readonly DeliveryView[];
}

/**
 * One delivery to an inbox at `host`. `failures` counts its failed tries, `reason` is the last
 * one's. A `next_try` that is past: it waits for what was said to this host before it. `needless`:
 * what you take back ended there by itself, as `reason` says; nothing is left to be done.
 */
export interface DeliveryView {
  readonly activity: string;
  readonly object: string;
  readonly host: string;
  readonly state: "delivered" | "due" | "gave_up" | "needless";
  readonly failures: number;
  readonly next_try: string | null;
  readonly settled: string | null;
  readonly reason: string;
}

export interface DeviceList {
  readonly items: readonly DeviceView[];
}

/** Who holds MLS keys in one's name. `current` is the device that asks. */
export interface DeviceView {
  readonly id: string;
  readonly name: string;
  readonly created: string;
  readonly current: boolean;
  readonly last_seen: string | null;
}

/** A server that has not taken what is sent to it since `since`. */
export interface FailingPeer {
  readonly host: string;
  readonly since: string;
  readonly reason: string;
}

/** Who brings it with a request becomes a friend at once: one person, until `expires`. */
export interface FriendCode {
  readonly code: string;
  readonly expires: string;
}

/**
 * Actors of whom a commit that this device read left no leaf; the caller: this device. `seq` is the
 * last mailbox item that it has read.
 */
export interface GoneMembers {
  readonly actors: readonly string[];
  readonly seq: number;
}

export interface InviteList {
  readonly items: readonly InviteView[];
}

/** `secret`: what stands last in the address of an invite link. */
export interface InviteLookup {
  readonly secret: string;
}

/** What an invite promises. `inviter` is null when the node itself made it. */
export interface InviteShown {
  readonly inviter: Inviter | null;
  readonly befriends: boolean;
  readonly role: "admin" | "member";
}

/** An invite. `url` is told once, to the one who made it. */
export interface InviteView {
  readonly id: string;
  readonly uses_left: number;
  readonly befriends: boolean;
  readonly role: "admin" | "member";
  readonly created: string;
  readonly expires: string;
  readonly url: string | null;
}

/** Who made an invite. `handle` is @name@domain. */
export interface Inviter {
  readonly id: string;
  readonly handle: string;
  readonly display_name: string;
  readonly icon: string;
}

/** What this device has published and nobody has taken. Keep `single_use` at 20 or more. */
export interface KeyPackageStock {
  readonly stock: readonly SuiteStock[];
}

/** What who shows committed to. A link has it too: they have to be the same (LNK-3.2). */
export interface LinkCommitment {
  readonly commit: Base64;
}

/** The code to be read out or scanned, and the shower's `secret`, which is told once. */
export interface LinkOpened {
  readonly code: string;
  readonly secret: string;
}

/** The reader's `secret`, which is told once. */
export interface LinkRead {
  readonly secret: string;
}

/** What the other one wrote; empty before they did. With a `grant` the secret is a token. */
export interface LinkState {
  readonly side: Base64;
  readonly grant: Base64;
}

/**
 * A name and a password; `client_name` is what the session is to be called. `device_name` makes a
 * new device, `device` (an id) goes on with one that the account has; not both. With neither the
 * session has no device: enough for all but sealed messages.
 */
export interface LogIn {
  readonly name: string;
  readonly password: string;
  readonly client_name?: string;
  readonly device_name?: string | null;
  readonly device?: string;
}

/** Which of the two asks. */
export interface LookAtLink {
  readonly secret: string;
}

/**
 * What waits, the oldest first. The Link header leads on; no such link: that is all. Another
 * `incarnation` than before: the node was restored from a copy, numbers begin anew.
 */
export interface Mailbox {
  readonly items: readonly MailboxItem[];
  readonly incarnation: string;
}

/**
 * A message that waits for this device; also the data of the event `sealed`. `actor` is who the
 * envelope says it is from: only the MLS leaf proves it. `kind` is commit, proposal, application,
 * welcome or group_info; or returned, where `content` is no message but says in JSON which one
 * `actor` did not take (E2E-4.9). In an event, `content` is null when it is larger than 64 KiB:
 * read the mailbox.
 */
export interface MailboxItem {
  readonly seq: number;
  readonly conversation: string;
  readonly url: string;
  readonly actor: string;
  readonly kind: string;
  readonly received: string;
  readonly content: Base64 | null;
}

/** Which bounds hold around the programs that read foreign videos, found by trying each. */
export interface MediaBounds {
  readonly network: boolean;
  readonly files: boolean;
  readonly memory: boolean;
  readonly time: boolean;
  readonly core: boolean;
}

/**
 * A file of a post: `name` says what it shows; of a picture `poster` is a smaller one of it. `here`
 * and `poster_here` are where the reader's own node shows it, for this reader and a few hours
 * (VID-9.1); a path is one at the node that was asked.
 */
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
  readonly here?: string;
  readonly poster_here?: string;
}

/** All that hold, the newest first. */
export interface MuteList {
  readonly items: readonly MuteView[];
}

/**
 * `ref` is an actor's id, the post at the root of a thread, or a word. `person` is who is muted.
 */
export interface MuteView {
  readonly kind: "person" | "thread" | "word";
  readonly ref: string;
  readonly person: Person | null;
  readonly created: string;
  readonly until: string | null;
}

/**
 * Who signs up. `identity_key` is 32 bytes in base64; `reason` is for approval. `client_name` is
 * what the session is to be called. With `device_name` it has a device, which holds MLS keys;
 * without, it has none.
 */
export interface NewAccount {
  readonly name: string;
  readonly password: string;
  readonly client_name?: string;
  readonly device_name?: string | null;
  readonly invite?: string | null;
  readonly display_name?: string;
  readonly identity_key?: Base64 | null;
  readonly reason?: string;
}

/**
 * A signed delegation, list of devices and key box that belong together (KEY-3), in base64.
 * `password` is asked for where they have another root than the account (KEY-7.4).
 */
export interface NewAccountKeys {
  readonly delegation: Base64;
  readonly list: Base64;
  readonly box: Base64;
  readonly password?: string;
}

/** At most 100 records, of one MiB together. */
export interface NewArchiveRecords {
  readonly records: readonly ArchiveRecord[];
}

/** A whole upload that is to be fetched by whoever is told its address; `seconds`: no longer. */
export interface NewAttachment {
  readonly upload: string;
  readonly seconds?: number | null;
}

/**
 * A comment on the post (or video) `in_reply_to`, for the people of the post it is below. `content`
 * and `format` are as in a new post.
 */
export interface NewComment {
  readonly in_reply_to: string;
  readonly content: string;
  readonly lang?: string;
  readonly format?: "html" | "text";
}

/**
 * A group that this device made. `members` are asked for friendship only: invite them by a Welcome.
 * `epoch` is the group's, 0 when it is new. With `url` it is one that this node forgot when it was
 * put back from a copy: the address that it had, who takes part, and the epoch in which this device
 * sees it (E2E-3.15).
 */
export interface NewConversation {
  readonly group_id: Base64;
  readonly members?: readonly string[];
  readonly epoch?: number;
  readonly url?: string;
}

/** `befriends`: whoever comes by it becomes a friend of its maker. */
export interface NewInvite {
  readonly uses?: number;
  readonly days?: number;
  readonly befriends?: boolean;
  readonly role?: "admin" | "member";
}

/** Packages to add, at most 100; one of each suite is the last resort. */
export interface NewKeyPackages {
  readonly packages: readonly PublishedPackage[];
}

/** Who shows opens a linking with their commitment (LNK-3.1). */
export interface NewLink {
  readonly commit: Base64;
}

/**
 * `of` is @name@domain or an actor's id, the id of a post of a thread, or a word. For so many
 * `seconds`; without them for good.
 */
export interface NewMute {
  readonly kind: "person" | "thread" | "word";
  readonly of: string;
  readonly seconds?: number | null;
}

/** A whole upload that is to become a picture. */
export interface NewPicture {
  readonly upload: string;
}

/**
 * `content` is plain text, shown as it is written: addresses, #tags and @mentions become links.
 * With `format` `html` it is HTML, which is cleaned (FED-2.7); nothing is linked in it. `audience`
 * is `public`, `followers`, `friends` or empty when only `actors` are meant. Up to ten `pictures`
 * are shown in their order; `content` may be empty then.
 */
export interface NewPost {
  readonly content: string;
  readonly audience?: string;
  readonly actors?: readonly string[];
  readonly summary?: string;
  readonly sensitive?: boolean;
  readonly lang?: string;
  readonly format?: "html" | "text";
  readonly pictures?: readonly PostPicture[];
}

/** What you link to on your profile, and what it is called. */
export interface NewProfileLink {
  readonly name: string;
  readonly url: string;
}

/**
 * A browser's PushSubscription: its endpoint, and `getKey` of `p256dh` and of `auth`. `kinds` are
 * of what it wants to be told; absent: of all but likes.
 */
export interface NewPush {
  readonly endpoint: string;
  readonly p256dh: Base64;
  readonly auth: Base64;
  readonly kinds?: readonly string[] | null;
  readonly expires?: string | null;
}

/**
 * `about` is @name@domain, an actor's id or the id of a post or video; `posts` are more by the same
 * person. With `forward` their server is told too, and not by whom.
 */
export interface NewReport {
  readonly about: string;
  readonly posts?: readonly string[];
  readonly text?: string;
  readonly forward?: boolean;
}

/**
 * `actor`: @name@domain, an actor's id, or just the name of somebody here. `code` is one that they
 * showed (`POST /friends/code`): they need not answer then.
 */
export interface NewRequest {
  readonly actor: string;
  readonly text?: string;
  readonly code?: string;
}

/**
 * An MLSMessage to send, at most 720 KiB. A commit brings its Welcomes. `removed` are whom the
 * commit removes, device by device. `recipients` are members this node may not know of yet; usually
 * empty. `group_info` is sealed by the members, for the relay to keep.
 */
export interface NewSealed {
  readonly content: Base64;
  readonly welcomes?: readonly SealedWelcome[];
  readonly removed?: readonly RemovedDevice[];
  readonly recipients?: readonly string[];
  readonly group_info?: Base64;
  readonly kind?: string;
}

/**
 * A file that is about to be sent: its length, and its SHA-256 (32 bytes, base64), which may also
 * be told with its last chunk (VID-1.10).
 */
export interface NewUpload {
  readonly size: number;
  readonly sha256?: Base64;
  readonly filename?: string;
}

/**
 * A whole upload that is to become a video. `audience` is `public`, `followers`, `friends` or empty
 * when only `actors` are meant. `description` is plain text, in which addresses and #tags become
 * links, or HTML when `format` is `html`; `summary` is the content warning. Of the upload all is
 * shown, or what plays from `start_ms` to `end_ms`; its picture at `cover_ms`, in the same count,
 * is the cover. Of one that is being made already only what `restates` names is said anew; all of
 * it, where that is null.
 */
export interface NewVideo {
  readonly upload: string;
  readonly name?: string;
  readonly description?: string;
  readonly audience?: string;
  readonly actors?: readonly string[];
  readonly lang?: string;
  readonly sensitive?: boolean;
  readonly summary?: string;
  readonly format?: "html" | "text";
  readonly start_ms?: number;
  readonly end_ms?: number | null;
  readonly cover_ms?: number | null;
  readonly restates?: readonly ("audience" | "description" | "name" | "part")[] | null;
}

/**
 * How the node stands. The lists are cut at 100, the newest first. `refused`: how often the process
 * that answers refused something since its start, by clause. `warnings` says in sentences what is
 * not as it should be. `clock_offset_seconds` is how far the clocks of the `clock_servers` that
 * were heard in the last hour are ahead of this node's.
 */
export interface NodeHealth {
  readonly warnings: readonly string[];
  readonly clock_offset_seconds: number | null;
  readonly clock_servers: number;
  readonly media_bounds: MediaBounds;
  readonly arrivals_waiting: number;
  readonly deliveries_due: number;
  readonly deliveries_given_up: number;
  readonly broken_arrivals: readonly BrokenArrival[];
  readonly failing_peers: readonly FailingPeer[];
  readonly refused: Readonly<Record<string, number>>;
}

/** What this node takes; lengths in bytes and seconds. */
export interface NodeLimits {
  readonly api_bytes: number;
  readonly upload_bytes: number;
  readonly chunk_bytes: number;
  readonly video_seconds: number;
  readonly quota_bytes: number;
  readonly requests_per_minute: number;
}

/** What an administrator switches while the node runs. */
export interface NodeSettings {
  readonly registration: "approval" | "invite" | "open";
}

/**
 * What anyone may know of this node. `domain` stands after the @ of its people's addresses;
 * `media_origin` is where pictures and videos are, often `origin`.
 */
export interface NodeView {
  readonly name: string;
  readonly domain: string;
  readonly origin: string;
  readonly media_origin: string;
  readonly registration: "approval" | "invite" | "open";
  readonly limits: NodeLimits;
}

/** Something that somebody did. `kind`: friend_request, friend_accepted, like, comment, … */
export interface Notice {
  readonly id: string;
  readonly kind: string;
  readonly actor: Person;
  readonly object: string;
  readonly created: string;
  readonly read: boolean;
}

export interface NoticeList {
  readonly items: readonly Notice[];
}

/** The id of a post or video. */
export interface ObjectRef {
  readonly object: string;
}

/**
 * Who wrote or did something. `handle` is @name@domain; `number`: API-5.6, "" when unknown.
 * `icon_here` is where the reader's own node shows their picture (VID-9.1).
 */
export interface Person {
  readonly id: string;
  readonly handle: string;
  readonly display_name: string;
  readonly icon: string;
  readonly number: string;
  readonly icon_here: string;
}

/**
 * A picture of yours, made and not used yet: name its `id` on a post, or as a face. It goes at
 * `expires` unless it is used until then. An animation (`duration_ms` is not 0) is an MP4, which is
 * repeated. `bytes` is what all its sizes take of the quota.
 */
export interface PictureView {
  readonly id: string;
  readonly media_type: string;
  readonly width: number;
  readonly height: number;
  readonly blurhash: string;
  readonly bytes: number;
  readonly duration_ms: number;
  readonly expires: string | null;
}

/**
 * A post or comment as its reader sees it. `content` is clean HTML, `content_map` the same in other
 * languages, by language tag. `number`: API-5.6. `filtered`: words that its reader mutes.
 * `shared_by`: who of those near its reader passed it on, and `shared` when, where it stands in the
 * feed for that alone.
 */
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
  readonly content_map: Readonly<Record<string, string>>;
  readonly filtered: readonly string[];
  readonly shared_by: Person | null;
  readonly shared: string | null;
}

/**
 * What is new about a post of yours; what is left out stays. `content` and `format` are as in a new
 * post.
 */
export interface PostChange {
  readonly content?: string | null;
  readonly summary?: string | null;
  readonly sensitive?: boolean | null;
  readonly lang?: string | null;
  readonly format?: "html" | "text";
}

/** One page, the newest first. The Link header leads to the next; no such link: caught up. */
export interface PostList {
  readonly items: readonly Post[];
}

/** A picture that was made (`POST /pictures`), and what it shows, for who cannot see it. */
export interface PostPicture {
  readonly id: string;
  readonly description?: string;
}

/** What a post said from `said` on. `content` is clean HTML. */
export interface PostVersion {
  readonly said: string;
  readonly content: string;
  readonly summary: string;
  readonly sensitive: boolean;
  readonly lang: string;
}

/** What a post says and said before, the newest first. */
export interface PostVersionList {
  readonly items: readonly PostVersion[];
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly clause: string;
  readonly code: "broken" | "busy" | "conflict" | "forbidden" | "full" | "gone" | "head_too_large" | "malformed" | "missing" | "outdated" | "rate_limited" | "too_much" | "too_slow" | "unproven" | "unreachable" | "wrong_method" | "wrong_range" | "wrong_type";
  readonly params: Readonly<Record<string, string | number>>;
  readonly incident?: string;
}

/** A line of a profile: its name, its words, and where they lead ("": nowhere). */
export interface ProfileLine {
  readonly name: string;
  readonly text: string;
  readonly url: string;
}

/** A KeyPackage of this device, bare or as an MLSMessage. */
export interface PublishedPackage {
  readonly content: Base64;
  readonly last_resort?: boolean;
}

/** `applicationServerKey`: a point on P-256, 65 bytes. `kinds` are all there are. */
export interface PushKey {
  readonly key: Base64;
  readonly kinds: readonly string[];
}

/** The newest first. */
export interface PushList {
  readonly items: readonly PushView[];
}

/** How the push service took a test. `status` is null when it did not answer; `reason`: why. */
export interface PushTried {
  readonly delivered: boolean;
  readonly status: number | null;
  readonly reason: string;
}

/**
 * A browser that is told. `service` is the host of its push service, `failing` since when that
 * takes nothing; `current`: of the session that asks.
 */
export interface PushView {
  readonly id: string;
  readonly session: string;
  readonly service: string;
  readonly kinds: readonly string[];
  readonly created: string;
  readonly current: boolean;
  readonly expires: string | null;
  readonly told: string | null;
  readonly failing: string | null;
}

/** The side of who reads a code. */
export interface ReadLink {
  readonly side: Base64;
}

/** The newest notice that was seen; it and all older ones are then read. */
export interface ReadUpTo {
  readonly id: string;
}

/**
 * How you stand to `person`. `state`: none, requested, incoming, mutual, friend, declined (your
 * request was) or blocked (by you). `following`: "", asked or accepted. `text` is what they wrote
 * with their open request. `moved_to`: the actor that they say they are from now on.
 */
export interface Relation {
  readonly person: Person;
  readonly state: string;
  readonly following: string;
  readonly follower: boolean;
  readonly text: string;
  readonly since: string | null;
  readonly moved_to: string;
}

/** One page, the latest change first. */
export interface RelationList {
  readonly items: readonly Relation[];
}

/** Where an accepted message stands in the relay's chain, with its signature (E2E-3.8). */
export interface RelayItem {
  readonly group: Base64;
  readonly epoch: number;
  readonly attempt: number;
  readonly kind: string;
  readonly sha256: Base64;
  readonly seq: number;
  readonly prev: Base64;
  readonly term: number;
  readonly signature: Base64;
}

/** The chain of a conversation, the oldest first. */
export interface RelayItems {
  readonly items: readonly RelayItem[];
}

/** Whom a commit removes. Without `device` the actor leaves with every device. */
export interface RemovedDevice {
  readonly actor: string;
  readonly device?: string;
}

/** What a device is to be called from now on. */
export interface RenameDevice {
  readonly name: string;
}

/** One page, the newest first. */
export interface ReportList {
  readonly items: readonly ReportView[];
}

/**
 * `added`: to a report of yours that is open. `forwarded`: their server is told of this too, but
 * not of `withheld` posts, by which it would learn who reports. Where it is not told, though that
 * was asked for, `unsent` says why: it was told `before`, or is `suspended`.
 */
export interface ReportMade {
  readonly id: string;
  readonly about: string;
  readonly added: boolean;
  readonly forwarded: boolean;
  readonly withheld: number;
  readonly unsent: "" | "before" | "suspended";
}

/**
 * `account` is the one of who is reported when they are of this node, else "". Who reported is
 * `reporter`, one of ours, or the server `host`; neither is said once they deleted their account.
 */
export interface ReportView {
  readonly id: string;
  readonly state: "closed" | "open";
  readonly about: Person;
  readonly account: string;
  readonly reporter: Person | null;
  readonly host: string;
  readonly text: string;
  readonly posts: readonly ReportedPost[];
  readonly forwarded: boolean;
  readonly created: string;
  readonly updated: string;
  readonly closed: string | null;
  readonly closer: string;
  readonly note: string;
}

/**
 * A post as it was when it was reported. `content` is clean HTML, `media` are addresses. `gone`: it
 * was deleted since.
 */
export interface ReportedPost {
  readonly id: string;
  readonly content: string;
  readonly published: string;
  readonly name: string;
  readonly summary: string;
  readonly media: readonly string[];
  readonly gone: boolean;
}

/** How many were `closed`. */
export interface ReportsClosed {
  readonly closed: number;
}

/** By it the person of `name` sets a new password, once. */
export interface ResetLink {
  readonly name: string;
  readonly url: string;
  readonly expires: string;
}

/** How many are tried again now. */
export interface Retried {
  readonly count: number;
}

/** Which of your deliveries are tried again: those of a post or video `of` yours, or all. */
export interface Retry {
  readonly of?: string;
}

/** A Welcome for those devices of the actors `to` whose packages it names. */
export interface SealedWelcome {
  readonly content: Base64;
  readonly to: readonly string[];
}

/**
 * The message was accepted. `epoch` is the head's now. `item` is null where the relay is elsewhere
 * and the message is application data, which it need not order.
 */
export interface SentSealed {
  readonly epoch: number;
  readonly item: RelayItem | null;
}

/** `host` as in the ids of its people, with the port when there is one. */
export interface ServerChoice {
  readonly host: string;
  readonly suspended: boolean;
}

/** The hosts of the servers that are suspended here. */
export interface ServerList {
  readonly suspended: readonly string[];
}

/**
 * An account, the token of its new session, and the ids of the session and of its device. All but
 * the account is absent while the account waits for approval; `device` also when the session has
 * none.
 */
export interface Session {
  readonly account: AccountView;
  readonly token: string | null;
  readonly session: string | null;
  readonly device: string | null;
}

/** One's own sessions, the newest first. */
export interface SessionList {
  readonly items: readonly SessionView[];
}

/** Where one is logged in. `current` is the session that asks. */
export interface SessionView {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created: string;
  readonly last_seen: string;
  readonly current: boolean;
  readonly device: string | null;
}

/** The side of who shows, once the reader's is there. */
export interface ShowLink {
  readonly secret: string;
  readonly side: Base64;
}

/** What is left in one suite. `last_resort` is the id of the package that is listed. */
export interface SuiteStock {
  readonly suite: number;
  readonly single_use: number;
  readonly last_resort: string;
  readonly last_resort_expires: string | null;
}

/**
 * The vault of this device was opened: `have` is the seat that it remembers, `proof` what the node
 * gave with it.
 */
export interface TakeSeat {
  readonly have: number;
  readonly nonce: Base64;
  readonly proof?: Base64;
}

/**
 * The number that requests of this device carry as `Kith-Seat` from now on. `restored`: the node
 * finds that it was put back from a copy; its numbers begin anew. `proof` is to be shown when the
 * next one is taken.
 */
export interface TakenSeat {
  readonly seat: number;
  readonly incarnation: string;
  readonly restored: boolean;
  readonly proof: Base64;
}

/** Uploads that go on, the newest first; a used one is being made into its `video`. */
export interface UploadList {
  readonly items: readonly UploadView[];
}

/**
 * Where an upload stands: `offset` is where the next chunk begins. `state`: open, sealed (whole,
 * its digest checked), used (it became a video), failed. `sha256` is that of the whole file, empty
 * until it was told; `video` the id of the video that it became, empty until then.
 */
export interface UploadView {
  readonly id: string;
  readonly size: number;
  readonly offset: number;
  readonly state: string;
  readonly expires: string;
  readonly chunk_limit_bytes: number;
  readonly sha256: Base64;
  readonly filename: string;
  readonly video: string;
}

/** `secret`: what stands last in the address of a link for a new password. */
export interface UseReset {
  readonly secret: string;
  readonly password: string;
}

/**
 * A video of yours. `post` exists once `state` is ready: processing, ready, failed. `progress` is
 * in per cent; `reason` and `clause` say why it failed, why it waits (VID-6.8), or what a ready one
 * lacks (VID-2.6). `number`: API-5.6.
 */
export interface VideoView {
  readonly id: string;
  readonly number: string;
  readonly post: string;
  readonly name: string;
  readonly state: string;
  readonly progress: number;
  readonly created: string;
  readonly reason: string;
  readonly clause: string;
  readonly duration_ms: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Addresses to play a video from, for whoever asked. Past `expires` ask again (null: never). Of a
 * friend's video they lead to the friend's node. `hls` and `poster` may be empty.
 */
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

/** `actor`: @name@domain, an actor's id, or just the name of somebody here. */
export interface Whom {
  readonly actor: string;
}

/** Each route: what stands in its path and its query, what is sent and what is answered. */
export interface Routes {
  /** One's own account. */
  readonly "GET /account": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: AccountView;
  };
  /** Change what is given of one's profile. */
  readonly "PATCH /account": {
    readonly path: null;
    readonly query: null;
    readonly body: ChangeProfile;
    readonly answer: AccountView;
  };
  /** Delete the account; there is no way back. */
  readonly "DELETE /account": {
    readonly path: null;
    readonly query: null;
    readonly body: DeleteAccount;
    readonly answer: null;
  };
  /** The keys of one's account: delegation, list of devices, key box. */
  readonly "GET /account/devices": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: AccountKeys;
  };
  /** Put newer keys in place of those that If-Match names; 412 when others are there. */
  readonly "PUT /account/devices": {
    readonly path: null;
    readonly query: null;
    readonly body: NewAccountKeys;
    readonly answer: AccountKeys;
  };
  /** Change the password; all other sessions and devices end. */
  readonly "POST /account/password": {
    readonly path: null;
    readonly query: null;
    readonly body: ChangePassword;
    readonly answer: null;
  };
  /** Set a new password by a link; all sessions and devices end. */
  readonly "POST /account/reset": {
    readonly path: null;
    readonly query: null;
    readonly body: UseReset;
    readonly answer: AccountView;
  };
  /** Sign up; 202 when an administrator decides. */
  readonly "POST /accounts": {
    readonly path: null;
    readonly query: null;
    readonly body: NewAccount;
    readonly answer: Session;
  };
  /** Who is behind an address, here or elsewhere. */
  readonly "GET /accounts/lookup": {
    readonly path: null;
    readonly query: { readonly acct?: string; };
    readonly body: null;
    readonly answer: ActorView;
  };
  /** Accounts in a state, the oldest first. */
  readonly "GET /admin/accounts": {
    readonly path: null;
    readonly query: { readonly state?: string; readonly name?: string; readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: ApplicantList;
  };
  /** Let an applicant in, or take a suspension back. */
  readonly "POST /admin/accounts/{id}/approve": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: Applicant;
  };
  /** Turn an applicant away; nothing of them is kept. */
  readonly "POST /admin/accounts/{id}/reject": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: null;
  };
  /** Make a link by which a person sets a new password; it is told this once. */
  readonly "POST /admin/accounts/{id}/reset-link": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: ResetLink;
  };
  /** Lock an account out until it is approved again. */
  readonly "POST /admin/accounts/{id}/suspend": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: null;
  };
  /** Which actors of other servers are suspended here. */
  readonly "GET /admin/actors": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: ActorList;
  };
  /** Suspend one actor of another server: neither hear nor show them; or take that back. */
  readonly "PUT /admin/actors": {
    readonly path: null;
    readonly query: null;
    readonly body: ActorChoice;
    readonly answer: ActorList;
  };
  /** How the node stands: bounds of media programs, queues, what failed; takes a second. */
  readonly "GET /admin/health": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: NodeHealth;
  };
  /** What administrators did, the newest first. */
  readonly "GET /admin/log": {
    readonly path: null;
    readonly query: { readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: ActList;
  };
  /** Delete a post of one of this node's people, here and at peers. */
  readonly "DELETE /admin/posts": {
    readonly path: null;
    readonly query: { readonly id?: string; };
    readonly body: null;
    readonly answer: null;
  };
  /** What was reported, the newest first. */
  readonly "GET /admin/reports": {
    readonly path: null;
    readonly query: { readonly state?: string; readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: ReportList;
  };
  /** Close all that a server reported, and say what was done. */
  readonly "POST /admin/reports/close": {
    readonly path: null;
    readonly query: null;
    readonly body: CloseReports;
    readonly answer: ReportsClosed;
  };
  /** Close a report, and say what was done. */
  readonly "POST /admin/reports/{id}/close": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: CloseReport;
    readonly answer: ReportView;
  };
  /** Which servers are suspended here. */
  readonly "GET /admin/servers": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: ServerList;
  };
  /** Suspend a server: neither hear it nor send to it; or take that back. */
  readonly "PUT /admin/servers": {
    readonly path: null;
    readonly query: null;
    readonly body: ServerChoice;
    readonly answer: ServerList;
  };
  /** How people sign up now. */
  readonly "GET /admin/settings": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: NodeSettings;
  };
  /** Switch how people sign up. */
  readonly "PUT /admin/settings": {
    readonly path: null;
    readonly query: null;
    readonly body: NodeSettings;
    readonly answer: NodeSettings;
  };
  /** Keep sealed records; a name that is there already stays as it is. */
  readonly "PUT /archive": {
    readonly path: null;
    readonly query: null;
    readonly body: NewArchiveRecords;
    readonly answer: ArchiveAnswers;
  };
  /** The account's sealed records, the newest first. */
  readonly "GET /archive": {
    readonly path: null;
    readonly query: { readonly since?: string; readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: ArchivedRecords;
  };
  /** Remove records for ever: nothing comes under their names any more. */
  readonly "POST /archive/delete": {
    readonly path: null;
    readonly query: null;
    readonly body: ArchiveNames;
    readonly answer: null;
  };
  /** How much the account keeps. */
  readonly "GET /archive/summary": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: ArchiveSummary;
  };
  /** Switch the account's archive on, or off: then all that it holds is removed. */
  readonly "PUT /archive/switch": {
    readonly path: null;
    readonly query: null;
    readonly body: ArchiveSwitch;
    readonly answer: ArchiveSummary;
  };
  /** Make a sealed file of a whole upload, for whoever is told its address. */
  readonly "POST /attachments": {
    readonly path: null;
    readonly query: null;
    readonly body: NewAttachment;
    readonly answer: AttachmentView;
  };
  /** Sealed files of yours that stand, the newest first. */
  readonly "GET /attachments": {
    readonly path: null;
    readonly query: { readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: AttachmentList;
  };
  /** A sealed file of anybody, or a part of it (Range), fetched by this node. */
  readonly "GET /attachments/content": {
    readonly path: null;
    readonly query: { readonly href?: string; };
    readonly body: null;
    readonly answer: Uint8Array;
  };
  /** Remove a sealed file of yours; its address is answered 410 then. */
  readonly "DELETE /attachments/{name}": {
    readonly path: { readonly name: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: null;
  };
  /** Whom you block. */
  readonly "GET /blocks": {
    readonly path: null;
    readonly query: { readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: RelationList;
  };
  /** Block someone: ends all between you, here and at their server. */
  readonly "POST /blocks": {
    readonly path: null;
    readonly query: null;
    readonly body: Whom;
    readonly answer: Relation;
  };
  /** Take a block back; what it ended stays ended. */
  readonly "DELETE /blocks": {
    readonly path: null;
    readonly query: { readonly actor?: string; };
    readonly body: null;
    readonly answer: Relation;
  };
  /** Comment on a post or video. */
  readonly "POST /comments": {
    readonly path: null;
    readonly query: null;
    readonly body: NewComment;
    readonly answer: Post;
  };
  /** The comments on a post. */
  readonly "GET /comments": {
    readonly path: null;
    readonly query: { readonly of?: string; readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: PostList;
  };
  /** Begin a conversation; this node becomes its relay. */
  readonly "POST /conversations": {
    readonly path: null;
    readonly query: null;
    readonly body: NewConversation;
    readonly answer: Conversation;
  };
  /** The conversations in which this device takes part. */
  readonly "GET /conversations": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: ConversationList;
  };
  /** One conversation, its head and its members. */
  readonly "GET /conversations/{ref}": {
    readonly path: { readonly ref: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: Conversation;
  };
  /** A commit that this device read left no leaf of these actors, or of this device. */
  readonly "POST /conversations/{ref}/gone": {
    readonly path: { readonly ref: string; };
    readonly query: null;
    readonly body: GoneMembers;
    readonly answer: null;
  };
  /** The relay's chain, the oldest first. */
  readonly "GET /conversations/{ref}/items": {
    readonly path: { readonly ref: string; };
    readonly query: { readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: RelayItems;
  };
  /** Send an MLS message; a commit with its Welcomes. 409 names the head in params. */
  readonly "POST /conversations/{ref}/messages": {
    readonly path: { readonly ref: string; };
    readonly query: null;
    readonly body: NewSealed;
    readonly answer: SentSealed;
  };
  /** What you said that is on its way to other servers, and what could not be delivered. */
  readonly "GET /deliveries": {
    readonly path: null;
    readonly query: { readonly of?: string; readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: DeliveryList;
  };
  /** Try now what has not arrived, also what was given up. */
  readonly "POST /deliveries/retry": {
    readonly path: null;
    readonly query: null;
    readonly body: Retry;
    readonly answer: Retried;
  };
  /** This device's vault was opened: its requests carry the next seat from now on. */
  readonly "POST /device/seat": {
    readonly path: null;
    readonly query: null;
    readonly body: TakeSeat;
    readonly answer: TakenSeat;
  };
  /** One's devices: who holds MLS keys in one's name. */
  readonly "GET /devices": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: DeviceList;
  };
  /** Call a device something else. */
  readonly "PATCH /devices/{id}": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: RenameDevice;
    readonly answer: null;
  };
  /** Revoke a device: its sessions end, its mailbox and key packages are void. */
  readonly "DELETE /devices/{id}": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: null;
  };
  /** The device's server-sent events (text/event-stream); Last-Event-ID resumes. */
  readonly "GET /events": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: Uint8Array;
  };
  /** What friends and those whom you follow posted: finite, the newest first. */
  readonly "GET /feed": {
    readonly path: null;
    readonly query: { readonly of?: string; readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: PostList;
  };
  /** Send a follower away. */
  readonly "DELETE /followers": {
    readonly path: null;
    readonly query: { readonly actor?: string; };
    readonly body: null;
    readonly answer: Relation;
  };
  /** Whom you follow, or who follows you. */
  readonly "GET /follows": {
    readonly path: null;
    readonly query: { readonly direction?: string; readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: RelationList;
  };
  /** Follow someone: their posts for followers come to your feed. */
  readonly "POST /follows": {
    readonly path: null;
    readonly query: null;
    readonly body: Whom;
    readonly answer: Relation;
  };
  /** Stop following someone. */
  readonly "DELETE /follows": {
    readonly path: null;
    readonly query: { readonly actor?: string; };
    readonly body: null;
    readonly answer: Relation;
  };
  /** Your friends, or others by how you stand to them. */
  readonly "GET /friends": {
    readonly path: null;
    readonly query: { readonly state?: string; readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: RelationList;
  };
  /** Say yes to a friend request. */
  readonly "POST /friends/accept": {
    readonly path: null;
    readonly query: null;
    readonly body: Whom;
    readonly answer: Relation;
  };
  /** Take your open friend request back. */
  readonly "POST /friends/cancel": {
    readonly path: null;
    readonly query: null;
    readonly body: Whom;
    readonly answer: Relation;
  };
  /** A code to be shown: who brings it is a friend at once. Earlier ones are void. */
  readonly "POST /friends/code": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: FriendCode;
  };
  /** Take a mutual follow with a foreign server as a friend. */
  readonly "POST /friends/confirm": {
    readonly path: null;
    readonly query: null;
    readonly body: Whom;
    readonly answer: Relation;
  };
  /** Say no to a friend request. */
  readonly "POST /friends/decline": {
    readonly path: null;
    readonly query: null;
    readonly body: Whom;
    readonly answer: Relation;
  };
  /** Open friend requests. */
  readonly "GET /friends/requests": {
    readonly path: null;
    readonly query: { readonly direction?: string; readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: RelationList;
  };
  /** Ask someone to be friends; if they asked you, this says yes. */
  readonly "POST /friends/requests": {
    readonly path: null;
    readonly query: null;
    readonly body: NewRequest;
    readonly answer: Relation;
  };
  /** End a friendship. */
  readonly "POST /friends/unfriend": {
    readonly path: null;
    readonly query: null;
    readonly body: Whom;
    readonly answer: Relation;
  };
  /** Make an invite link; it is told this once. */
  readonly "POST /invites": {
    readonly path: null;
    readonly query: null;
    readonly body: NewInvite;
    readonly answer: InviteView;
  };
  /** One's own invites that have uses left. */
  readonly "GET /invites": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: InviteList;
  };
  /** What an invite link promises. */
  readonly "POST /invites/lookup": {
    readonly path: null;
    readonly query: null;
    readonly body: InviteLookup;
    readonly answer: InviteShown;
  };
  /** Make an invite void. */
  readonly "DELETE /invites/{id}": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: null;
  };
  /** Publish key packages of this device. */
  readonly "POST /key-packages": {
    readonly path: null;
    readonly query: null;
    readonly body: NewKeyPackages;
    readonly answer: KeyPackageStock;
  };
  /** What this device has published and nobody has taken. */
  readonly "GET /key-packages": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: KeyPackageStock;
  };
  /** Claim one key package of each device of a friend. */
  readonly "POST /key-packages/claim": {
    readonly path: null;
    readonly query: null;
    readonly body: ClaimRequest;
    readonly answer: ClaimedPackages;
  };
  /** What an actor anywhere publishes of their keys. */
  readonly "GET /keys": {
    readonly path: null;
    readonly query: { readonly actor?: string; readonly least?: string; };
    readonly body: null;
    readonly answer: ActorKeys;
  };
  /** Begin to link a new device, on either of the two: a code to be shown. */
  readonly "POST /links": {
    readonly path: null;
    readonly query: null;
    readonly body: NewLink;
    readonly answer: LinkOpened;
  };
  /** What the device that shows a code has committed to. */
  readonly "GET /links/{code}": {
    readonly path: { readonly code: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: LinkCommitment;
  };
  /** Let the new device in: it becomes one of the account's, its secret a token. */
  readonly "POST /links/{code}/approve": {
    readonly path: { readonly code: string; };
    readonly query: null;
    readonly body: ApproveLink;
    readonly answer: null;
  };
  /** What the other device wrote, and the grant. */
  readonly "POST /links/{code}/look": {
    readonly path: { readonly code: string; };
    readonly query: null;
    readonly body: LookAtLink;
    readonly answer: LinkState;
  };
  /** Read a code: say one's side, and get a secret. Nobody else may then. */
  readonly "POST /links/{code}/read": {
    readonly path: { readonly code: string; };
    readonly query: null;
    readonly body: ReadLink;
    readonly answer: LinkRead;
  };
  /** The side of the device that shows, once the code was read. */
  readonly "POST /links/{code}/show": {
    readonly path: { readonly code: string; };
    readonly query: null;
    readonly body: ShowLink;
    readonly answer: null;
  };
  /** Prove a password and get the token of a new session. */
  readonly "POST /login": {
    readonly path: null;
    readonly query: null;
    readonly body: LogIn;
    readonly answer: Session;
  };
  /** What waits for this device, the oldest first. */
  readonly "GET /mailbox": {
    readonly path: null;
    readonly query: { readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: Mailbox;
  };
  /** All items up to and with `seq` are on the device's disk: forget them. */
  readonly "POST /mailbox/ack": {
    readonly path: null;
    readonly query: null;
    readonly body: Acknowledgement;
    readonly answer: null;
  };
  /** What you mute, the newest first. */
  readonly "GET /mutes": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: MuteList;
  };
  /** Mute a person, a thread or a word, for a time or for good; nobody learns of it. */
  readonly "PUT /mutes": {
    readonly path: null;
    readonly query: null;
    readonly body: NewMute;
    readonly answer: MuteView;
  };
  /** Take a mute back. */
  readonly "DELETE /mutes": {
    readonly path: null;
    readonly query: { readonly kind?: string; readonly of?: string; };
    readonly body: null;
    readonly answer: null;
  };
  /** What anyone may know of this node. */
  readonly "GET /node": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: NodeView;
  };
  /** Your notices, the newest first. */
  readonly "GET /notices": {
    readonly path: null;
    readonly query: { readonly which?: string; readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: NoticeList;
  };
  /** Mark notices as read. */
  readonly "POST /notices/read": {
    readonly path: null;
    readonly query: null;
    readonly body: ReadUpTo;
    readonly answer: null;
  };
  /** Make a picture of a whole upload, for a post or a face. */
  readonly "POST /pictures": {
    readonly path: null;
    readonly query: null;
    readonly body: NewPicture;
    readonly answer: PictureView;
  };
  /** A picture of yours. */
  readonly "GET /pictures/{id}": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: PictureView;
  };
  /** Give a picture up that is not used. */
  readonly "DELETE /pictures/{id}": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: null;
  };
  /** Publish a post. */
  readonly "POST /posts": {
    readonly path: null;
    readonly query: null;
    readonly body: NewPost;
    readonly answer: Post;
  };
  /** What an author posted, as you may see it. */
  readonly "GET /posts": {
    readonly path: null;
    readonly query: { readonly author?: string; readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: PostList;
  };
  /** Whom a post will not reach, before it is made. */
  readonly "GET /posts/audience": {
    readonly path: null;
    readonly query: { readonly audience?: string; };
    readonly body: null;
    readonly answer: AudienceView;
  };
  /** What a post says and said before, the newest first. */
  readonly "GET /posts/edits": {
    readonly path: null;
    readonly query: { readonly of?: string; };
    readonly body: null;
    readonly answer: PostVersionList;
  };
  /** Like a post or video. */
  readonly "POST /posts/like": {
    readonly path: null;
    readonly query: null;
    readonly body: ObjectRef;
    readonly answer: Post;
  };
  /** One post. */
  readonly "GET /posts/one": {
    readonly path: null;
    readonly query: { readonly id?: string; };
    readonly body: null;
    readonly answer: Post;
  };
  /** Change the words of a post of yours, here and at peers. */
  readonly "PATCH /posts/one": {
    readonly path: null;
    readonly query: { readonly id?: string; };
    readonly body: PostChange;
    readonly answer: Post;
  };
  /** Delete a post of yours, here and at peers. */
  readonly "DELETE /posts/one": {
    readonly path: null;
    readonly query: { readonly id?: string; };
    readonly body: null;
    readonly answer: null;
  };
  /** Take a like back. */
  readonly "POST /posts/unlike": {
    readonly path: null;
    readonly query: null;
    readonly body: ObjectRef;
    readonly answer: Post;
  };
  /** By which key a browser subscribes. */
  readonly "GET /push/key": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: PushKey;
  };
  /** Have the browser of this session told; said again, what is said now counts. */
  readonly "PUT /push/subscription": {
    readonly path: null;
    readonly query: null;
    readonly body: NewPush;
    readonly answer: PushView;
  };
  /** Your browsers that are told. */
  readonly "GET /push/subscriptions": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: PushList;
  };
  /** Have a browser told nothing more. */
  readonly "DELETE /push/subscriptions/{id}": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: null;
  };
  /** Send this session's browser an empty message. */
  readonly "POST /push/test": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: PushTried;
  };
  /** How you stand to one person. */
  readonly "GET /relationships": {
    readonly path: null;
    readonly query: { readonly actor?: string; };
    readonly body: null;
    readonly answer: Relation;
  };
  /** Tell the administrators of somebody, or of their posts. */
  readonly "POST /reports": {
    readonly path: null;
    readonly query: null;
    readonly body: NewReport;
    readonly answer: ReportMade;
  };
  /** Where one is logged in, apps included. */
  readonly "GET /sessions": {
    readonly path: null;
    readonly query: null;
    readonly body: null;
    readonly answer: SessionList;
  };
  /** End a session and its streams; its device stays. */
  readonly "DELETE /sessions/{id}": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: null;
  };
  /** Announce a file. */
  readonly "POST /uploads": {
    readonly path: null;
    readonly query: null;
    readonly body: NewUpload;
    readonly answer: UploadView;
  };
  /** Your uploads that go on: under way, whole and no video yet, or being made into one. */
  readonly "GET /uploads": {
    readonly path: null;
    readonly query: { readonly sha256?: string; readonly limit?: string; readonly after?: string; };
    readonly body: null;
    readonly answer: UploadList;
  };
  /** Where an upload stands. */
  readonly "GET /uploads/{id}": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: UploadView;
  };
  /** Send the next chunk; the last one seals the upload. */
  readonly "PUT /uploads/{id}": {
    readonly path: { readonly id: string; };
    readonly query: { readonly offset?: string; readonly sha256?: string; };
    readonly body: Uint8Array;
    readonly answer: UploadView;
  };
  /** Send the next chunk; the last one seals the upload. */
  readonly "PATCH /uploads/{id}": {
    readonly path: { readonly id: string; };
    readonly query: { readonly offset?: string; readonly sha256?: string; };
    readonly body: Uint8Array;
    readonly answer: UploadView;
  };
  /** Give an upload up. */
  readonly "DELETE /uploads/{id}": {
    readonly path: { readonly id: string; };
    readonly query: null;
    readonly body: null;
    readonly answer: null;
  };
  /** Make a video of a whole upload and publish it when it is ready. */
  readonly "POST /videos": {
    readonly path: null;
    readonly query: null;
    readonly body: NewVideo;
    readonly answer: VideoView;
  };
  /** How far a video of yours is, or why it failed. */
  readonly "GET /videos/one": {
    readonly path: null;
    readonly query: { readonly id?: string; };
    readonly body: null;
    readonly answer: VideoView;
  };
  /** Delete a video of yours, here and at peers. */
  readonly "DELETE /videos/one": {
    readonly path: null;
    readonly query: { readonly id?: string; };
    readonly body: null;
    readonly answer: null;
  };
  /** Addresses to play a video from, also a friend's on another node. */
  readonly "GET /videos/watch": {
    readonly path: null;
    readonly query: { readonly id?: string; };
    readonly body: null;
    readonly answer: Watching;
  };
}
