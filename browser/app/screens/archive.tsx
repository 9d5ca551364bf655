/** What is kept of one's messages at the node, sealed: on or off, what has come back from it, what is missing. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { ArchiveView, Fetched } from "../../worker/key_questions.ts";
import { device } from "../device.ts";
import { sayKeys } from "../keys/words.ts";
import { question } from "../parts/dialog.tsx";
import { Button, Fault, Toggle } from "../parts/form.tsx";
import { Screen, Waiting } from "../parts/screen.tsx";
import { attempt } from "../parts/toast.tsx";
import { explain, explainValue } from "../words/problems.ts";

function Came({ view }: { readonly view: ArchiveView }) {
  const gapsOf = ({ locked, over, broken }: Fetched) => locked + over + broken;
  const { coming, came } = view;
  const gaps = gapsOf(coming ?? came ?? { new: 0, known: 0, locked: 0, over: 0, broken: 0 });
  return (
    <div role="status">
      {coming !== null && <p>{sayKeys("archive.coming", { count: coming.new })}</p>}
      {coming === null && came !== null && (
        <p>
          {came.new > 0 ? sayKeys("archive.came", { count: came.new }) : sayKeys("archive.all")}
        </p>
      )}
      {gaps > 0 && <Fault>{sayKeys("archive.gaps", { count: gaps })}</Fault>}
      {view.waiting > 0 && (
        <p class="quiet">{sayKeys("archive.waiting", { count: view.waiting })}</p>
      )}
      {view.missing > 0 && <Fault>{sayKeys("archive.missing", { count: view.missing })}</Fault>}
    </div>
  );
}

export function ArchiveScreen() {
  const view = useSignal<ArchiveView | null>(null);
  const fault = useSignal("");
  useEffect(() => {
    device.archive().then(
      (found) => {
        view.value = found;
      },
      (error: unknown) => {
        fault.value = explain(error);
      },
    );
    return device.listen((event) => {
      if (event.is === "archive") view.value = event.archive;
    });
  }, []);
  async function turn(on: boolean): Promise<void> {
    view.value = await device.switchArchive(on);
  }
  async function change(on: boolean): Promise<void> {
    if (on) {
      await attempt(() => turn(true));
      return;
    }
    question(sayKeys("archive.off.title"), <p>{sayKeys("archive.off.says")}</p>, [
      { words: sayKeys("archive.off.do"), kind: "alarm", act: () => turn(false) },
    ]);
    // The switch shows what is, until it is done.
    view.value = view.value && { ...view.value };
  }
  const now = view.value;
  const missing = now?.missing ?? 0;
  useEffect(() => {
    // It stands here for as long as one looks.
    if (missing > 0) void device.seenMissing().catch(() => undefined);
  }, [missing]);
  return (
    <Screen title={sayKeys("archive")} under="/settings">
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      {now === null && fault.value === "" && <Waiting />}
      {now !== null && (
        <section class="card">
          <p>{sayKeys("archive.says")}</p>
          {now.isAble ? (
            <Toggle label={sayKeys("archive.on")} on={now.isOn} onChange={change} />
          ) : (
            <Fault>{sayKeys("archive.unable")}</Fault>
          )}
          {now.held !== null && <Fault>{explainValue(now.held)}</Fault>}
          {now.trouble !== null && <Fault>{explainValue(now.trouble)}</Fault>}
          <Came view={now} />
          {now.isOn && (
            <Button
              kind="quiet"
              disabled={now.coming !== null}
              onClick={() =>
                attempt(async () => {
                  view.value = await device.fetchArchive();
                })
              }
            >
              {sayKeys("archive.fetch")}
            </Button>
          )}
        </section>
      )}
    </Screen>
  );
}
