"""Puts what was measured into the pages of docs/: every table, from `benchmarks/results/`.

python -m benchmarks.pages
"""

import argparse

from benchmarks.publishing.page import pages


def main() -> None:
    """Write them."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    for path, text in pages().items():
        if text != path.read_text():
            path.write_text(text)
            print(f"docs/{path.name}: changed")


if __name__ == "__main__":
    main()
