/**
 * What a tab asks of this browser's device, and what it is told. Types only: the screens build on them.
 *
 * One worker holds the device for all tabs (E2E-6.12); whoever holds it, these questions are answered. What
 * is asked while no worker answers waits for the next one and is then asked again: each may come twice
 * without harm. An answer that is a refusal is thrown as in `errors.ts`: `Refused` with its clause,
 * `Unreachable` to try again, `Broken` and `NoRoom` for this browser's own store.
 *
 * Times are milliseconds since 1970.
 */
export {};
