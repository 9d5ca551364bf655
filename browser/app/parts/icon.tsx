/** The small pictures beside words; they say nothing that the words do not say. */

const PATHS = {
  feed: "M4 5h16v14H4zM10 9l5 3-5 3z",
  chats: "M4 5h16v11H9l-5 4z",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.6-4 3-6 6.500-6s5.900 2 6.500 6M16 4.500a3.500 3.500 0 0 1 0 6.500M17.500 14.300c2.300.6 3.600 2.500 4 5.700",
  plus: "M12 5v14M5 12h14",
  me: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20c.8-4 3.500-6 7.500-6s6.700 2 7.500 6",
  heart: "M12 20S4 15 4 9.300A4.300 4.300 0 0 1 12 7a4.300 4.300 0 0 1 8 2.300C20 15 12 20 12 20z",
  comment: "M5 5h14v10h-7l-5 4v-4H5z",
  share: "M12 15V4M8 8l4-4 4 4M5 13v6h14v-6",
  sound:
    "M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM15.500 9a4 4 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11",
  mute: "M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM16 9.500l5 5M21 9.500l-5 5",
  captions: "M3.500 6h17v12h-17zM11 10.800a2 2 0 1 0 0 2.400M17.500 10.800a2 2 0 1 0 0 2.400",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  more: "M5.500 12h.01M12 12h.01M18.500 12h.01",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.500 4.500",
  qr: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.500v2.500H14zM17.500 17.500H20V20h-2.500zM20 14v.01M14 20v.01",
  camera:
    "M4 8h4l1.500-2.500h5L16 8h4v11H4zM12 16.500a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400z",
  check: "M5 12.500l4.500 4.500L19 7.500",
  clock: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 8v4.500l3 2",
  alert: "M12 4l9 16H3zM12 10v4.500M12 17.200v.01",
  settings:
    "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.100 2.100M16.300 16.300l2.100 2.100M5.600 18.400l2.100-2.100M16.300 7.700l2.100-2.100",
  trash: "M5 7h14M9 7V4.500h6V7M7 7l1 13h8l1-13",
  send: "M4 12l16-7-5 15-3.500-6z",
  lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  play: "M7 4.500l12 7.500-12 7.500z",
  link: "M10 14a4 4 0 0 0 6 .3l3-3a4 4 0 0 0-5.700-5.600L12 7M14 10a4 4 0 0 0-6-.3l-3 3a4 4 0 0 0 5.700 5.600L12 17",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.500 2h-15zM10 20.500h4",
  edit: "M4 20l1-4L16 5l3 3L8 19z",
  out: "M14 4h5v16h-5M4 12h10M10.500 8.500L14 12l-3.500 3.500",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, filled }: { name: IconName; filled?: boolean | undefined }) {
  return (
    <svg
      class={`icon${filled === true ? " icon-filled" : ""}${name === "more" ? " icon-dots" : ""}`}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
