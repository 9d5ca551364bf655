"""Pure: the numbers that commands end with (spec API-9.7, API-9.11)."""

OK, REFUSED, USAGE, UNREACHABLE, KEPT, STOPPED = 0, 1, 2, 3, 4, 130
NOT_READ = 141  # as of a program that SIGPIPE ended: what it was to put out, nobody took
