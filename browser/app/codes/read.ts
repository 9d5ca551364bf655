/** What a code in a picture says: by the browser itself where it can, else by a library. */

const WIDEST = 900; // more pixels take longer and show nothing more

interface Detector {
  detect(source: ImageBitmapSource): Promise<readonly { readonly rawValue: string }[]>;
}

interface Detectors {
  new (how: { readonly formats: readonly string[] }): Detector;
  getSupportedFormats(): Promise<readonly string[]>;
}

let own: Promise<Detector | null> | null = null;

async function ownDetector(): Promise<Detector | null> {
  const { BarcodeDetector } = globalThis as { readonly BarcodeDetector?: Detectors };
  if (BarcodeDetector === undefined) return null;
  const formats = await BarcodeDetector.getSupportedFormats().catch((): string[] => []);
  return formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
}

/** "" where none is to be read. */
export async function readCode(
  source: HTMLVideoElement | ImageBitmap,
  width: number,
  height: number,
): Promise<string> {
  own ??= ownDetector();
  const detector = await own;
  if (detector !== null) {
    try {
      return (await detector.detect(source))[0]?.rawValue ?? "";
    } catch {
      own = Promise.resolve(null); // it is there and does not work
    }
  }
  return readByLibrary(source, width, height);
}

async function readByLibrary(
  source: CanvasImageSource,
  width: number,
  height: number,
): Promise<string> {
  const { decodeQR } = await import("qr/decode.js");
  const scale = Math.min(1, WIDEST / Math.max(width, height, 1));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(width * scale)),
    Math.max(1, Math.round(height * scale)),
  );
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return "";
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  try {
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return decodeQR({ width: canvas.width, height: canvas.height, data });
  } catch {
    return ""; // no code in it, or none that is sharp enough
  }
}
