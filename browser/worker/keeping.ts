/** The archive of the account whose device is open, as a person sees it: on or off, how far it was read (DEV-14). */

import type { DeviceArchive } from "../device/device_archive.ts";
import type { Restored } from "../device/restoring.ts";
import { KithError, willPass } from "../errors.ts";
import type { ArchiveCarrier } from "../messenger/archive_carrier.ts";
import type { Problem } from "./device_client.ts";
import type { ArchiveView, Fetched } from "./key_questions.ts";
import { problemOf } from "./problems.ts";
import { report } from "./report.ts";

export class Keeping {
  readonly #archive: DeviceArchive;
  readonly #carrier: ArchiveCarrier;
  readonly #told: (view: ArchiveView) => void;
  #coming: Fetched | null = null;
  #came: Fetched | null = null;
  #trouble: Problem | null = null;
  #isCut = false;
  #fetching: Promise<void> | null = null;

  constructor(archive: DeviceArchive, carrier: ArchiveCarrier, told: (view: ArchiveView) => void) {
    this.#archive = archive;
    this.#carrier = carrier;
    this.#told = told;
    carrier.onGoingOn = () => void this.tell().catch(report);
  }

  async view(): Promise<ArchiveView> {
    const { done, held, why, missing } = await this.#archive.place();
    const waits = { is: "Refused", clause: held, reason: why, params: {}, retryAfterSeconds: null };
    return {
      isAble: await this.#archive.isAble(),
      isOn: await this.#archive.isOn(),
      isWhole: done,
      coming: this.#coming,
      came: this.#came,
      waiting: this.#archive.waiting,
      missing,
      held: held ? waits : null,
      trouble: this.#trouble,
    };
  }

  async switch(on: boolean): Promise<ArchiveView> {
    await this.#carrier.switch(on);
    this.#trouble = null;
    return this.tell();
  }

  /** Begin to read it, beside all else; a second time it goes on where it is. */
  async fetch(): Promise<ArchiveView> {
    this.#fetching ??= this.#fetch()
      .catch(report)
      .finally(() => {
        this.#fetching = null;
      });
    return this.view();
  }

  /** What was said before this device came, or while it was away. */
  async begin(): Promise<void> {
    if (await this.#archive.isOn()) await this.fetch();
  }

  /** The line is back: what a lost one cut short is read on. */
  async goOn(): Promise<void> {
    await this.#fetching; // only now it may find that the line was lost
    if (this.#isCut) await this.begin();
  }

  async #fetch(): Promise<void> {
    this.#coming = { new: 0, known: 0, locked: 0, over: 0, broken: 0 };
    this.#trouble = null;
    this.#isCut = false;
    await this.tell();
    try {
      this.#came = await this.#carrier.fetch((came: Restored) => {
        this.#coming = { ...came };
        this.tell().catch(report);
      });
    } catch (error) {
      if (!(error instanceof KithError)) throw error;
      this.#trouble = problemOf(error);
      this.#isCut = willPass(error);
    } finally {
      this.#coming = null;
    }
    await this.tell();
  }

  /** Something is other than it was told. */
  async tell(): Promise<ArchiveView> {
    const view = await this.view();
    this.#told(view);
    return view;
  }
}
