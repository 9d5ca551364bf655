/**
 * One account's device while its vault is open: it listens to the node, takes in what comes, sends what is
 * owed, and says when and why that came to an end.
 */

import type { ConversationEvent } from "../device/conversation_events.ts";
import { Device } from "../device/device.ts";
import { knowsGroups } from "../device/device_rosters.ts";
import type { Changes } from "../device/rows.ts";
import { Missing, NoRoom, TooMuch, Unproven, Unreachable, willPass } from "../errors.ts";
import { ApiClient } from "../messenger/api_client.ts";
import type { MailboxItem } from "../messenger/api_types.ts";
import type { NodeEvent } from "../messenger/event_stream.ts";
import type { Carrying } from "../messenger/grouping.ts";
import type { KeyKeeper } from "../messenger/key_keeper.ts";
import { Messenger } from "../messenger/messenger.ts";
import { restAfter, Turns } from "../messenger/waiting.ts";
import type { Entropy } from "../mls/private/entropy.ts";
import { Vault } from "../vault/vault.ts";
import { Arrivals } from "./arrivals.ts";
import { Chats } from "./chats.ts";
import type { Account, Session } from "./device_client.ts";
import { History } from "./history.ts";
import { Keeping } from "./keeping.ts";
import type { KeysView } from "./key_questions.ts";
import { keysView } from "./key_view.ts";
import { Notes } from "./notes.ts";
import { report } from "./report.ts";
import { SharedVault } from "./shared_vault.ts";
import type { Speaker } from "./speaking.ts";
import type { Ground, Watcher } from "./watcher.ts";

/** A device of this account has key packages now (E2E-2.11). */
const READY = "device_ready";
// A stream begins, or this device is told that few of its key packages are left.
const CATCH_UP = new Set(["hello", "reset", "key_packages"]);
const TOKEN = "token";

/** The vault of a new device, with the token of its session; `rows` are what it has from the beginning. */
export async function createVault(
  account: Account,
  token: string,
  passphrase: string | undefined,
  entropy: Entropy,
  rows: Changes = new Map(),
): Promise<void> {
  const how = passphrase === undefined ? {} : { passphrase };
  const vault = new SharedVault(await Vault.create(account.id, entropy, how));
  if (rows.size) await vault.step(rows);
  await vault.keep("session", TOKEN, token);
  await vault.close();
}

/** A step, whatever it writes: whoever held the vault before finds it at another count (E2E-6.12). */
async function shutOut(vault: SharedVault): Promise<void> {
  await vault.keep("holder", "since", vault.counter).catch((error: unknown) => {
    if (!(error instanceof NoRoom)) throw error; // nor has the one before
  });
}

export class OpenDevice {
  readonly account: Account;
  readonly device: Device;
  readonly chats: Chats;
  readonly api: ApiClient;
  readonly keeping: Keeping;
  readonly #token: string;
  readonly #vault: SharedVault;
  readonly #raw: Vault;
  readonly #messenger: Messenger;
  readonly #arrivals: Arrivals;
  readonly #ground: Ground;
  readonly #watcher: Watcher;
  readonly #cut = new AbortController();
  readonly #met = new Set<string>();
  readonly #hearing = new Turns();
  readonly #beginning = new Turns();
  #work: Promise<unknown> = Promise.resolve();
  #over: Error | null = null;
  #hasFetched = false;

  private constructor(
    account: Account,
    raw: Vault,
    vault: SharedVault,
    device: Device,
    notes: Notes,
    token: string,
    ground: Ground,
    watcher: Watcher,
  ) {
    const { origin, entropy, clock } = ground;
    this.account = account;
    this.device = device;
    this.#raw = raw;
    this.#vault = vault;
    this.#token = token;
    this.#ground = ground;
    this.#watcher = watcher;
    this.api = new ApiClient(origin, entropy, token, clock);
    this.#messenger = new Messenger(this.api, device, clock, this, account.device);
    const { archive } = this.#messenger;
    this.keeping = new Keeping(device.archive, archive, (view) =>
      watcher.tell({ is: "archive", archive: view }),
    );
    this.chats = new Chats({
      device,
      vault,
      history: new History(vault),
      notes,
      tell: (event) => watcher.tell(event),
      speaker: () => this.#speaker(),
      isTold: () => !this.#messenger.isSending && !this.#hearing.isTaken,
      find: (who) => this.find(who),
      meet: (actors) => this.#meet(actors),
      now: () => clock.now(),
    });
    this.#arrivals = new Arrivals(this.api, clock, this.#cut.signal, this.chats);
  }

  /** Throws as `Vault.open` does. */
  static async open(
    account: Account,
    passphrase: string | undefined,
    ground: Ground,
    watcher: Watcher,
  ): Promise<OpenDevice> {
    const turn = new AbortController().signal;
    const how = {
      turn,
      steal: ground.isTakenOver,
      ...(passphrase === undefined ? {} : { passphrase }),
    };
    const raw = await Vault.open(account.id, ground.entropy, how);
    const vault = new SharedVault(raw);
    try {
      if (ground.isTakenOver) await shutOut(vault);
      const token = (await vault.own<string>("session")).get(TOKEN) ?? "";
      const device = await Device.open(vault, ground.entropy, account.actor);
      const notes = await Notes.open(vault);
      return new OpenDevice(account, raw, vault, device, notes, token, ground, watcher);
    } catch (error) {
      await vault.close();
      throw error;
    }
  }

  /** Begin to listen and to send; not for one that is over. */
  async begin(): Promise<void> {
    // A run that ended before anybody heard of it.
    for (const event of await this.device.untold.events()) this.told(event);
    if (!this.#token) {
      this.#over = new Unproven("ACC-3.2", "this device was logged out: log in again to speak");
    } else {
      await this.device.checkSeat().catch((error: Error) => {
        this.#over = error;
      });
    }
    if (this.#over !== null) return this.#watcher.ended(this.#over);
    this.#arrivals.look();
    this.#work = Promise.all([
      this.#mind(() => this.#listen()),
      this.#mind(() => this.#messenger.keepSending()),
    ]);
  }

  async close(): Promise<void> {
    this.#cut.abort();
    await this.#messenger.close().catch(() => undefined); // what the store fails in was told
    await this.#work;
    await this.#vault.close();
  }

  /** End the device at its node, and forget the token. */
  async logOut(): Promise<void> {
    try {
      await this.api.ask("DELETE /devices/{id}", { path: { id: this.account.device } });
    } catch (error) {
      if (!(error instanceof Unproven)) throw error; // revoked already, from another device
    }
    await this.#vault.keep("session", TOKEN, null);
  }

  /** End the account at its node; what is kept here is its worker's to remove. */
  async deleteAccount(password: string): Promise<void> {
    await this.api.ask("DELETE /account", { body: { password } });
  }

  async session(refused: number): Promise<Session> {
    if (this.#over instanceof Unproven) throw this.#over;
    if (refused) await this.api.retake?.(refused);
    return { account: this.account, token: this.#token, seat: this.api.seat };
  }

  get hasPassphrase(): boolean {
    return this.#raw.hasPassphrase;
  }

  setPassphrase(passphrase: string | null): Promise<void> {
    return this.#raw.rewrap(passphrase);
  }

  // -- the keys of the account --------------------------------------------------------------------

  /** Keys that are begun anew are looked at once it stands whether they count. */
  keysView(): Promise<KeysView> {
    return this.#beginning.take(() => keysView(this));
  }

  /** Begin the keys anew by `work`, which undoes what was refused. */
  async beginKeys(work: () => Promise<void>): Promise<void> {
    await this.#beginning.take(work);
    this.keysMoved();
  }

  get entropy(): Entropy {
    return this.#ground.entropy;
  }

  get keeper(): KeyKeeper {
    return this.#messenger.keys;
  }

  /** What deeds in groups need. Throws what ended it, where this device cannot speak any more. */
  carrying(): Carrying {
    if (this.#over !== null) throw this.#over;
    const [messenger, { device }] = [this.#messenger, this];
    return {
      device,
      seconds: () => this.seconds(),
      claim: (actor) => messenger.claim(actor),
      isAble: knowsGroups,
      settle: () => messenger.settle(),
    };
  }

  seconds(): number {
    return Math.floor(this.#ground.clock.now() / 1000);
  }

  /** This device has keys now, or others than before. */
  keysMoved(): void {
    this.#watcher.tell({ is: "keys" });
    void this.keeping.begin().catch(report);
  }

  /** What came of what a person decided about keys: words that waited for it go out. */
  decided(events: readonly ConversationEvent[]): void {
    for (const event of events) this.told(event);
    void this.#messenger.tryNow();
  }

  // -- what the messenger tells -------------------------------------------------------------------

  told(event: ConversationEvent): void {
    if (event.is === "KeysHeld") this.#watcher.tell({ is: "keys" });
    if (event.is === "ArchiveHeld") void this.keeping.tell().catch(report);
    void this.#hearing.take(() => this.chats.hear(event)).catch(report);
  }

  moved(): void {
    this.chats.moved();
    this.#arrivals.look();
  }

  // -- listening ----------------------------------------------------------------------------------

  /** Do it again when time may help; say when it cannot. */
  async #mind(work: () => Promise<void>): Promise<void> {
    for (let failures = 0; !this.#cut.signal.aborted; failures++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const isPassing = [NoRoom, TooMuch, Unreachable].some((kind) => error instanceof kind);
        if (!isPassing) return this.#end(error);
        this.#watcher.trouble(error);
      }
      await this.#ground.clock.pause(restAfter(failures), this.#cut.signal);
    }
  }

  #end(error: Error): void {
    if (this.#cut.signal.aborted) return;
    this.#over = error;
    this.#cut.abort();
    this.#watcher.ended(error);
    this.chats.moved();
  }

  async #listen(): Promise<void> {
    const stands = (isOnline: boolean) => this.#watcher.stands(isOnline);
    for await (const burst of this.api.eventBursts("", stands, this.#cut.signal)) {
      await this.#take(burst);
      this.#watcher.trouble(null);
    }
  }

  async #take(burst: readonly NodeEvent[]): Promise<void> {
    for (const { kind, data } of burst) {
      if (kind === READY) this.#messenger.ready(String(data.device));
    }
    if (burst.some(({ kind }) => CATCH_UP.has(kind))) await this.#catchUp();
    const sealed = burst.filter(({ kind }) => kind === "sealed").map(({ data }) => data);
    if (sealed.length) {
      const items = sealed as unknown as readonly MailboxItem[];
      await this.#messenger.take(items).catch((error: unknown) => {
        if (!willPass(error)) throw error;
        return this.#catchUp();
      });
    }
    for (const { kind, data } of burst) {
      if (kind !== "sealed") this.#watcher.tell({ is: "node", kind, data });
    }
  }

  /** What came while nobody listened is in the mailbox; the key packages may be used up. */
  async #catchUp(): Promise<void> {
    for (let failures = 0; !this.#cut.signal.aborted; failures++) {
      try {
        await this.#messenger.prepare();
        await this.#messenger.pull();
        return this.#fetchFirst();
      } catch (error) {
        if (!willPass(error)) throw error;
      }
      await this.api.rest(failures, this.#cut.signal);
    }
  }

  /** Once in a run, and again where it was cut: what the archive has that is not here, beside all else. */
  #fetchFirst(): void {
    if (this.#hasFetched) return void this.keeping.goOn().catch(report);
    this.#hasFetched = true;
    this.#watcher.tell({ is: "keys" });
    void this.keeping.begin().catch(report);
  }

  // -- people -------------------------------------------------------------------------------------

  #speaker(): Speaker {
    if (this.#over !== null) throw this.#over;
    return this.#messenger;
  }

  /** An actor's id. Nobody is asked for whom we talk with already: that works offline. */
  async find(who: string): Promise<string> {
    if (who.startsWith("https://")) return who;
    const known = (await this.device.knownHandles()).get(who);
    if (known !== undefined) return known;
    const { person } = await this.api.ask("GET /relationships", { query: { actor: who } });
    if (!person.id) throw new Missing("GRA-3.1", `nobody is known as ${who}`);
    if (person.handle) await this.device.remember(person.handle, person.id);
    return person.id;
  }

  /** Ask once who they are; their chats are told again when it is known. */
  #meet(actors: readonly string[]): void {
    for (const actor of actors.filter((one) => !this.#met.has(one))) {
      this.#met.add(actor);
      const asked = this.api.ask("GET /relationships", { query: { actor } });
      const learnt = asked.then(({ person }) => this.device.remember(person.handle, actor));
      void learnt.then(() => this.chats.moved()).catch(() => this.#met.delete(actor));
    }
  }
}
