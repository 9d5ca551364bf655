/** Pure: what a device tells its person about conversations. */
export {};
