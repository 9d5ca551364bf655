/** A new post: words, or a video with words; for friends unless one says otherwise. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";

import { lengthOf, type Part, WHOLE } from "../../film/plan.ts";
import { askAsMe, me } from "../accounts.ts";
import type { Audience, Post } from "../api_types.ts";
import { draftOf, keepDraft, placeOf } from "../draft.ts";
import type { Cutter as CutterPart, Looked } from "../film/cutter.tsx";
import { sayFilm } from "../film/words.ts";
import { meetNode } from "../home_node.ts";
import { Bell } from "../parts/bell.tsx";
import { question } from "../parts/dialog.tsx";
import { Button, Choice, Fault, Field, Form, TextArea, Toggle } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Screen } from "../parts/screen.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { leftOf } from "../parts/typed.ts";
import { ChosenPictures } from "../pictures/chosen.ts";
import { PictureFiles, PicturePicker, takePictures } from "../pictures/picker.tsx";
import { sayPictures } from "../pictures/words.ts";
import { askAboutEarlier } from "../post/earlier.tsx";
import type { Job } from "../post/jobs.ts";
import { giveUp, jobs, postVideo, tryAgain } from "../post/posting.ts";
import { Unreached } from "../post/unreached.tsx";
import { Written } from "../post/written.ts";
import type { Recorder as RecorderPart } from "../record/recorder.tsx";
import { go, place } from "../router.ts";
import { takeShared } from "../shared.ts";
import { bytes, number, say } from "../words/index.ts";

const AUDIENCES = ["friends", "followers", "public"] as const;
type Chosen = (typeof AUDIENCES)[number];

/** How far it is, or why it does not go on: one place, so that whoever only hears it is told both. */
function saysOf({ state, progress, fault }: Job): string {
  if (fault !== "" || state === "failed") return fault;
  const percent = number(Math.round(progress * 100));
  if (state === "preparing") return sayFilm("preparing", { percent });
  return say(`job.${state}`, { percent });
}

function OnItsWay({ job }: { readonly job: Job }) {
  const percent = Math.round(job.progress * 100);
  const name = job.title || job.fileName;
  return (
    <li class="job">
      <p class="job-name" dir="auto">
        {name}
      </p>
      {job.state === "failed" ? (
        <Fault>{job.fault}</Fault>
      ) : (
        <>
          <progress max={100} value={percent} aria-label={name} />
          <p class="quiet" role="status">
            {saysOf(job)}
          </p>
          {job.asItIs !== "" && job.asItIs !== "small" && (
            <p class="quiet">{sayFilm(`as_is.${job.asItIs}`, { size: bytes(job.size) })}</p>
          )}
        </>
      )}
      <div class="ways">
        {job.state === "failed" && (
          <Button size="small" onClick={() => attempt(() => tryAgain(job.id))}>
            {say("retry")}
          </Button>
        )}
        <button
          type="button"
          class="button quiet small"
          onClick={() =>
            question(say("job.give_up"), <p>{say("job.give_up.says")}</p>, [
              { words: say("job.give_up.do"), kind: "alarm", act: () => giveUp(job) },
            ])
          }
        >
          {say("job.give_up.do")}
        </button>
      </div>
    </li>
  );
}

/** Why the node would not take what is sent of `file`, before anything is; "" when it may. */
async function obstacle(file: File, part: Part, looked: Looked): Promise<string> {
  const { limits } = await meetNode();
  const { becomes } = looked;
  const isSmaller = typeof becomes !== "string";
  const size = isSmaller ? becomes.bytes : file.size;
  if (size > limits.upload_bytes) {
    return say("post.too_big", { size: bytes(size), most: bytes(limits.upload_bytes) });
  }
  // The node looks at the whole of a file that it is sent.
  const seconds = isSmaller ? lengthOf(part, looked.seconds) : looked.seconds;
  if (Number.isFinite(seconds) && seconds > limits.video_seconds) {
    return say("post.too_long", { count: Math.floor(limits.video_seconds / 60) });
  }
  return "";
}

/** Else the phone's own camera app is asked for a file. */
const canRecord = (): boolean =>
  "mediaDevices" in navigator && typeof MediaRecorder !== "undefined";

interface PickerProps {
  readonly pictures: ChosenPictures;
  readonly file: Signal<File | null>;
  readonly part: Signal<Part>;
  readonly fault: Signal<string>;
}

function Picker({ pictures, file, part, fault }: PickerProps) {
  const recorder = useSignal<typeof RecorderPart | null>(null);
  const cutter = useSignal<typeof CutterPart | null>(null);
  useEffect(() => {
    part.value = WHOLE;
    fault.value = "";
    if (file.value === null || cutter.value !== null) return;
    void attempt(async () => {
      cutter.value = (await import("../film/cutter.tsx")).Cutter;
    });
  }, [file.value]);
  const take = (input: HTMLInputElement) => {
    file.value = input.files?.[0] ?? null;
    input.value = "";
  };
  const check = async (looked: Looked) => {
    const asked = file.value;
    if (asked === null) return;
    const found = await obstacle(asked, part.value, looked).catch(() => "");
    if (file.value === asked) fault.value = found;
  };
  if (file.value !== null) {
    const Cutter = cutter.value;
    return (
      <div class="picked">
        {Cutter !== null && (
          <Cutter file={file.value} part={part} onLook={(looked) => void check(looked)} />
        )}
        <p class="picked-name">
          <bdi>{file.value.name}</bdi> · {bytes(file.value.size)}
        </p>
        <button
          type="button"
          class="button quiet small"
          onClick={() => {
            file.value = null;
          }}
        >
          {say("post.other")}
        </button>
      </div>
    );
  }
  if (pictures.items.value.length > 0) return <PicturePicker all={pictures} />;
  const Recorder = recorder.value;
  if (Recorder !== null) {
    return (
      <Recorder
        onFile={(made) => {
          file.value = made;
          recorder.value = null;
        }}
        onBack={() => {
          recorder.value = null;
        }}
      />
    );
  }
  return (
    <div class="picker">
      <label class="button quiet file">
        <Icon name="feed" />
        {say("post.pick")}
        <input type="file" accept="video/*" onChange={(event) => take(event.currentTarget)} />
      </label>
      <PictureFiles
        words={sayPictures("pick")}
        onFiles={(files) => takePictures(pictures, files)}
      />
      {canRecord() ? (
        <Button
          kind="quiet"
          onClick={() =>
            attempt(async () => {
              recorder.value = (await import("../record/recorder.tsx")).Recorder;
            })
          }
        >
          <Icon name="camera" />
          {say("post.record")}
        </Button>
      ) : (
        <label class="button quiet file">
          <Icon name="camera" />
          {say("post.record")}
          <input
            type="file"
            accept="video/*"
            capture="user"
            onChange={(event) => take(event.currentTarget)}
          />
        </label>
      )}
    </div>
  );
}

export function PostScreen() {
  const actor = me.value?.actor ?? "";
  const file = useSignal<File | null>(null);
  const pictures = useMemo(() => new ChosenPictures(), []);
  const part = useSignal<Part>(WHOLE);
  const fault = useSignal("");
  const title = useSignal("");
  const words = useSignal(draftOf(actor));
  const audience = useSignal<Chosen>("friends");
  const isWarned = useSignal(false);
  const warning = useSignal("");
  const written = useMemo(() => {
    const post = (body: unknown, key: string) => askAsMe<Post>("POST", "/posts", { body, key });
    return new Written(post, placeOf(actor));
  }, [actor]);
  const onTheirWay = useRef<HTMLHeadingElement>(null);
  // What another app shares fills the fields; whether it is posted its person says.
  async function fill(): Promise<void> {
    const shared = await takeShared();
    if (shared === null) return;
    words.value = [words.value, shared.words].filter(Boolean).join("\n");
    keepDraft(actor, words.value);
    const { files } = shared;
    const drawn = files.filter(({ type }) => type.startsWith("image/"));
    if (file.value === null && drawn.length > 0) {
      if (drawn.length < files.length) tell(sayPictures("one_kind"));
      takePictures(pictures, drawn);
      return;
    }
    const video = files.find(({ type }) => type.startsWith("video/"));
    if (files.length > (video === undefined ? 0 : 1)) tell(say("post.one_video"));
    file.value ??= video ?? null;
  }
  const isShared = place.value.query.get("shared") === "1";
  useEffect(() => {
    if (isShared) void attempt(fill);
  }, [isShared]);
  async function send(): Promise<void> {
    const [sent, named, warned, shown] = [words.value, title.value, warning.value, file.value];
    const summary = isWarned.value ? warned.trim() : "";
    const isSent = () => {
      words.value = leftOf(words.value, sent);
      keepDraft(actor, words.value);
      warning.value = leftOf(warning.value, warned);
      isWarned.value = warning.value !== "";
    };
    if (shown !== null) {
      await postVideo(shown, {
        fileName: shown.name,
        part: part.value,
        title: named.trim(),
        words: sent,
        audience: audience.value as Audience,
        warning: summary,
      });
      if (file.value === shown) file.value = null;
      title.value = leftOf(title.value, named);
      isSent();
      // One sees how it goes on, above the fields that are empty now.
      requestAnimationFrame(() => onTheirWay.current?.focus());
    } else {
      const body = {
        content: sent,
        audience: audience.value,
        summary,
        sensitive: summary !== "",
        pictures: pictures.named,
      };
      const isPosted = () => {
        isSent();
        pictures.posted();
        tell(say("post.sent"));
        go(`/people/${encodeURIComponent(me.value?.address ?? "")}`);
      };
      try {
        await written.send(body);
      } catch (error) {
        askAboutEarlier(error, written, body, isPosted);
        return;
      }
      isPosted();
    }
  }
  const isEmpty =
    file.value === null && words.value.trim() === "" && pictures.items.value.length === 0;
  return (
    <Screen title={say("post.title")} actions={<Bell />}>
      {jobs.value.length > 0 && (
        <section class="card" aria-labelledby="jobs">
          <h2 id="jobs" ref={onTheirWay} tabIndex={-1}>
            {say("post.jobs")}
          </h2>
          <ul class="lines">
            {jobs.value.map((job) => (
              <OnItsWay key={job.id} job={job} />
            ))}
          </ul>
        </section>
      )}
      <section class="card">
        <Form
          send={say(`post.do.${audience.value}`)}
          onSend={send}
          disabled={isEmpty || fault.value !== "" || !pictures.areReady.value}
        >
          <Picker pictures={pictures} file={file} part={part} fault={fault} />
          {fault.value !== "" && <Fault>{fault.value}</Fault>}
          {file.value !== null && (
            <Field
              label={say("post.name")}
              name="title"
              maxLength={120}
              value={title.value}
              onValue={(text) => {
                title.value = text;
              }}
            />
          )}
          <TextArea
            label={say(file.value === null ? "post.words" : "post.description")}
            name="words"
            rows={4}
            maxLength={5000}
            value={words.value}
            onValue={(text) => {
              words.value = text;
              keepDraft(actor, text);
            }}
          />
          <Toggle
            label={say("post.warn")}
            hint={say("post.warn.says")}
            on={isWarned.value}
            onChange={(on) => {
              isWarned.value = on;
            }}
          />
          {isWarned.value && (
            <Field
              label={say("post.warning")}
              name="warning"
              maxLength={200}
              required
              value={warning.value}
              onValue={(text) => {
                warning.value = text;
              }}
            />
          )}
          <Choice
            label={say("post.audience")}
            value={audience.value}
            onValue={(value) => {
              audience.value = value as Chosen;
            }}
            options={AUDIENCES.map((one) => [one, say(`post.audience.${one}`)] as const)}
            hint={say(`audience.${audience.value}.says`)}
          />
          <Unreached audience={audience.value} />
        </Form>
      </section>
    </Screen>
  );
}
