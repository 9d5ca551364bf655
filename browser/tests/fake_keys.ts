/** The keys of a fake device: it has them and nothing is wrong, until a test says otherwise. */

import { Missing } from "../errors.ts";
import type { Account, DeviceClient } from "../worker/device_client.ts";
import type {
  ArchiveView,
  KeyQuestions,
  KeysView,
  LinkMet,
  LinkShown,
  Paper,
  Revoked,
  Safety,
} from "../worker/key_questions.ts";

const NOTHING: ArchiveView = {
  isAble: true,
  isOn: true,
  isWhole: true,
  coming: null,
  came: null,
  waiting: 0,
  missing: 0,
  held: null,
  trouble: null,
};

export class FakeKeys implements Pick<DeviceClient, keyof KeyQuestions> {
  view: KeysView = {
    stand: "listed",
    isPublished: true,
    isWritten: false,
    listed: [],
    trouble: null,
  };
  kept: ArchiveView = NOTHING;
  readonly #compared = new Set<string>();

  async keys(): Promise<KeysView> {
    return this.view;
  }

  async recovery(): Promise<Paper> {
    if (this.view.isWritten) throw new Missing("DEV-12.4", "it is on paper");
    return { words: Array.from({ length: 24 }, (_, at) => `word${at + 1}`), code: "KITH1-A" };
  }

  async writtenDown(): Promise<void> {
    this.view = { ...this.view, isWritten: true };
  }

  async recover(): Promise<readonly string[]> {
    this.view = { ...this.view, stand: "listed", isWritten: true };
    return [];
  }

  async startOver(): Promise<void> {
    this.view = { ...this.view, stand: "listed", isWritten: false };
  }

  async renewKeys(): Promise<void> {}

  async revoke(device: string): Promise<Revoked> {
    const listed = this.view.listed.filter((id) => id !== device);
    const unlisted = listed.length < this.view.listed.length;
    this.view = { ...this.view, listed };
    return { unlisted, problem: null };
  }

  async safety(who: string): Promise<Safety> {
    const compared = this.#compared.has(who);
    return { actor: who, number: "12345".repeat(12), compared, beganAnew: false };
  }

  async verify(who: string): Promise<Safety> {
    this.#compared.add(who);
    return this.safety(who);
  }

  async acceptAnew(who: string): Promise<Safety> {
    return this.safety(who);
  }

  async linkShow(): Promise<LinkShown> {
    return { code: "ABCD1234", link: "https://alpha.test/link#1.ABCD1234.A" };
  }

  async linkMeet(): Promise<LinkMet> {
    const actor = "https://alpha.test/people/alice";
    return { number: "123456", mustType: true, name: "A browser", actor };
  }

  async linkRead(): Promise<LinkMet> {
    return this.linkMeet();
  }

  async linkType(_linking: string, number: string): Promise<boolean> {
    return number === "654321";
  }

  async linkFinish(): Promise<Account | null> {
    return null;
  }

  async linkEnd(): Promise<void> {}

  async archive(): Promise<ArchiveView> {
    return this.kept;
  }

  async switchArchive(isOn: boolean): Promise<ArchiveView> {
    this.kept = { ...this.kept, isOn };
    return this.kept;
  }

  async seenMissing(): Promise<void> {}

  async fetchArchive(): Promise<ArchiveView> {
    return this.kept;
  }
}
