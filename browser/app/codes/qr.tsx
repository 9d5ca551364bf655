/** A text as a QR code, with its name for who does not see it. */

import { generate } from "lean-qr";
import { useEffect, useRef } from "preact/hooks";

// Always dark on light: cameras read it in the dark theme as well.
const COLOURS = { on: [13, 24, 22], off: [255, 255, 255] } as const;

export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null) generate(text).toCanvas(canvas.current, COLOURS);
  }, [text]);
  return (
    <div class="code">
      <canvas ref={canvas} role="img" aria-label={label} />
    </div>
  );
}
