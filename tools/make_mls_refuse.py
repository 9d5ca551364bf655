"""Make the must-refuse corpus: `.venv/bin/python -m tools.make_mls_refuse [--check]`.

The same bytes each time. A case whose refusal is not the foreseen one is printed and nothing is
written.
"""

import json
import sys

from tests.e2ee.mls.replay import CORPUS
from tools.mls_refuse.book import Book
from tools.mls_refuse.chapters import books


def written(book: Book) -> str:
    return json.dumps(book.data(), indent=0, separators=(",", ":"), sort_keys=False) + "\n"


def main() -> int:
    made = list(books())
    wrong = [line for book in made for line in book.wrong]
    print("\n".join(wrong))
    print(
        sum(len(b.cases) for b in made),
        "cases,",
        sum(len(b.twins) for b in made),
        "twins,",
        len(wrong),
        "not as foreseen",
    )
    if wrong:
        return 1
    CORPUS.mkdir(parents=True, exist_ok=True)
    pages = {f"{book.name}-{book.suite}.json": written(book) for book in made}
    if "--check" in sys.argv:
        stale = [n for n, page in pages.items() if (CORPUS / n).read_text() != page]
        print("stale:", stale)
        return len(stale)
    for name, page in pages.items():
        (CORPUS / name).write_text(page)
    for old in CORPUS.glob("*.json"):
        if old.name not in pages:
            old.unlink()
    print(sum(len(page) for page in pages.values()), "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
