"""Kith: a federated social server for people who know each other.

The map, from the roof down; an arrow of imports may only point down (import-linter keeps it):

- `testing/`     fakes, a Town of several nodes in one process, weather, an evil node
- `__main__`     the command `kith`
- `cli/`         a table of command → module; loads only the page a command needs
- `app`          the composition root: the one page that names every concrete class
- `web/`         HTTP in: routes, sign-in, pages, problem documents
- `worker/`      jobs: what arrived, what is owed, what is to be purged
- `client/`      a person's own side: keys and plaintext live only here
- `store/`       all SQL
- `net/`         all HTTP out
- `media/`       blobs, and the bounded child processes that probe and transcode
- `system`       the real clock, chance and descriptors
- `video/`       uploads, renditions, publishing
- `e2ee/`        the envelope, key packages, the relay; `mls/` is RFC 9420; `keys/`; `linking/`
- `inbox/`       arrivals, posts, feeds, notices, event streams
- `operation/`  what is found of a node, judged in words for those who run it
- `accounts/`    accounts, sign-up, invites, sessions, devices
- `graph/`       who knows whom: friendship, blocks, following
- `federation/`  activities, receiving, sending, discovery
- `wire/`        bytes ⇄ values: pure, shared by server and device
- `ports`        Clock, Entropy, Fetch, Blobs
- `config`       the frozen configuration
- `private_files` what is this user's alone, and files that hold secrets
- `exit_codes`   the numbers that commands end with
- `errors`       every error, by whose turn it is
"""
