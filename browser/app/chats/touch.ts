/** A finger on a message: held for a while it asks for the menu, drawn aside it answers. */

import { useRef } from "preact/hooks";

const HELD_MS = 500;
const STILL = 10; // pixels that a finger moves without meaning it
const ASIDE = 64;

interface Finger {
  readonly x: number;
  readonly y: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

export function useTouch(onHold: () => unknown, onAside: () => unknown) {
  const finger = useRef<Finger | null>(null);
  const leave = () => {
    if (finger.current !== null) clearTimeout(finger.current.timer);
    finger.current = null;
  };
  return {
    onTouchStart: (event: TouchEvent) => {
      leave();
      const [touch] = event.touches;
      if (touch === undefined || event.touches.length > 1) return;
      const timer = setTimeout(() => {
        finger.current = null;
        onHold();
      }, HELD_MS);
      finger.current = { x: touch.clientX, y: touch.clientY, timer };
    },
    onTouchMove: (event: TouchEvent) => {
      const [touch] = event.touches;
      if (finger.current === null || touch === undefined) return;
      const { x, y, timer } = finger.current;
      const [aside, along] = [Math.abs(touch.clientX - x), Math.abs(touch.clientY - y)];
      if (Math.max(aside, along) > STILL) clearTimeout(timer);
      if (along > aside && along > STILL) return leave();
      if (aside < ASIDE) return;
      leave();
      onAside();
    },
    onTouchEnd: leave,
    onTouchCancel: leave,
  };
}
