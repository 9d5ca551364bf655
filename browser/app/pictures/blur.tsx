/** What something to see looks like from afar, until it has come: its blurhash, drawn (APP-7.1). */

import { decode } from "blurhash";
import { useLayoutEffect, useRef } from "preact/hooks";

import type { MediaFile } from "../api_types.ts";

const POINTS = 32; // on the longer side; a browser smooths what lies between
const LONGEST = 200;

/** As wide to high as what it stands for, within reason: sizes are what others say. */
function sizeOf({ width = 0, height = 0 }: MediaFile): readonly [number, number] {
  if (width <= 0 || height <= 0) return [POINTS, POINTS];
  const side = (one: number, other: number) =>
    Math.max(1, Math.round(POINTS * Math.min(1, one / other)));
  return [side(width, height), side(height, width)];
}

interface Props {
  readonly file: MediaFile;
  readonly look: string;
}

export function Blur({ file, look }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { blurhash = "" } = file;
  const [width, height] = sizeOf(file);
  useLayoutEffect(() => {
    const drawing = canvas.current?.getContext("2d") ?? null;
    if (drawing === null || blurhash === "" || blurhash.length > LONGEST) return;
    try {
      const points = new ImageData(width, height);
      points.data.set(decode(blurhash, width, height));
      drawing.putImageData(points, 0, 0);
    } catch {
      // What others say is no blurhash: nothing is drawn.
    }
  }, [blurhash, width, height]);
  return <canvas ref={canvas} class={look} width={width} height={height} />;
}
