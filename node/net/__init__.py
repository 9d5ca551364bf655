"""All HTTP out: the guarded fetcher and the checked resolver."""
