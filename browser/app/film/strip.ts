/** Draws a film as a row of its pictures, and one picture of it. */

const PICTURES = 9;

function once(element: HTMLVideoElement, kind: "seeked" | "loadeddata"): Promise<void> {
  return new Promise((resolve, reject) => {
    element.addEventListener(kind, () => resolve(), { once: true });
    element.addEventListener("error", () => reject(new Error("no picture")), { once: true });
  });
}

/** What `film` shows now, filling the canvas from `left` on, `width` wide; what does not fit is left out. */
export function drawNow(
  film: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  left = 0,
  width = canvas.width,
): void {
  const { videoWidth, videoHeight } = film;
  if (videoWidth === 0 || videoHeight === 0) return;
  const factor = Math.max(width / videoWidth, canvas.height / videoHeight);
  const [across, down] = [width / factor, canvas.height / factor];
  const [x, y] = [(videoWidth - across) / 2, (videoHeight - down) / 2];
  canvas.getContext("2d")?.drawImage(film, x, y, across, down, left, 0, width, canvas.height);
}

/** The film at `address`, whose length is known, from left to right. Stops when `signal` is aborted. */
export async function drawStrip(
  canvas: HTMLCanvasElement,
  address: string,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const film = document.createElement("video");
  film.muted = true;
  film.preload = "auto";
  film.src = address;
  try {
    await once(film, "loadeddata");
    const width = canvas.width / PICTURES;
    for (let place = 0; place < PICTURES && !signal.aborted; place++) {
      const seeked = once(film, "seeked");
      film.currentTime = ((place + 0.5) * seconds) / PICTURES;
      await seeked;
      if (!signal.aborted) drawNow(film, canvas, place * width, width);
    }
  } finally {
    film.removeAttribute("src");
    film.load();
  }
}
