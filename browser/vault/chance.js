/** The browser's own chance, fit for keys. */
export const BROWSER_CHANCE = {
    draw: (count) => crypto.getRandomValues(new Uint8Array(count)),
};
