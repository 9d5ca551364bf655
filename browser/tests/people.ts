/** Devices for tests: each with a client, a store that applies changes, and seeded chance. */

import assert from "node:assert/strict";
import { Refused } from "../errors.ts";
import {
  Client,
  join,
  type Means,
  noPsk,
  type OwnPackage,
  POLICY,
  type Policy,
  type Proposal,
  type Records,
  Session,
  type Step,
} from "../mls/index.ts";
import { type Bytes, hex, utf8 } from "../wire/bytes.ts";
import { Seeded } from "./seeded.ts";

export const NOW = 1_800_000_000;
export const GROUP = utf8("mls://g/aaaaaaaaaaaaaaaaaaaaaaaaaa");

/** A client, its one session and the records that its steps wrote. */
export class Device {
  readonly me: Client;
  means: Means;
  records: Map<string, Bytes> = new Map();
  session!: Session;

  constructor(me: Client, means: Means) {
    this.me = me;
    this.means = means;
  }

  static async make(name: string, suite: number): Promise<Device> {
    const entropy = new Seeded(name);
    const me = await Client.fresh(suite, utf8(`https://${name}.example/a`), entropy);
    return new Device(me, { entropy, judge: () => true, psks: noPsk, policy: POLICY });
  }

  /** Write, go on, and hold what is written to what is in memory. */
  take<T>(step: Step<T>): T {
    for (const name of step.change.deletes) assert(this.records.delete(name), name);
    for (const [name, value] of step.change.writes) this.records.set(name, value);
    this.session = step.session;
    assert.deepEqual(sorted(this.records), sorted(this.session.dump()));
    return step.value;
  }

  async reload(): Promise<void> {
    this.session = await Session.load(new Map(this.records), this.means);
    assert.deepEqual(sorted(this.records), sorted(this.session.dump()));
  }

  /** Other limits from now on. */
  async policy(changes: Partial<Policy>): Promise<void> {
    this.means = { ...this.means, policy: { ...this.means.policy, ...changes } };
    await this.reload();
  }

  package(): Promise<OwnPackage> {
    return this.me.keyPackage(this.means.entropy, NOW);
  }
}

export function sorted(records: Records): readonly string[] {
  return Array.from(records, ([name, value]) => `${name} ${hex(value)}`).sort();
}

export async function group(suite: number, ...names: string[]): Promise<Device[]> {
  const devices: Device[] = [];
  for (const name of names) devices.push(await Device.make(name, suite));
  const [first, ...others] = devices as [Device, ...Device[]];
  first.take(await Session.create(first.me, first.means, GROUP, NOW));
  if (!others.length) return devices;
  const owns = await Promise.all(others.map((other) => other.package()));
  const adds = owns.map(({ keyPackage }): Proposal => ({ type: "add", keyPackage }));
  first.take(await first.session.stage(NOW, adds));
  const { welcome } = first.take(await first.session.merge(NOW));
  assert(welcome !== null);
  for (const [place, other] of others.entries()) {
    other.take(await join(welcome, owns[place] as OwnPackage, other.me, other.means));
  }
  return devices;
}

/** `deed` is refused by this clause, and by no other. */
export async function refused(clause: string, deed: Promise<unknown>): Promise<void> {
  await assert.rejects(deed, (error) => error instanceof Refused && error.clause === clause);
}
