"""Pure: the client API's structures (msgspec), one page per room; the source of its schemas."""
