/** Pure: the chance that the library is lent; its own word for it, for it stands by itself. */
export {};
