"""index.py PAGES INDEX: makes a full-text index of a directory of texts."""

import os
import pathlib
import sqlite3
import sys

pages, index = map(pathlib.Path, sys.argv[1:])
# Under another name first: half an index is none.
part = index.with_suffix(".part")
part.unlink(missing_ok=True)
database = sqlite3.connect(part)
database.execute("CREATE VIRTUAL TABLE pages USING fts5(name, text)")
count = 0
for page in sorted(pages.glob("*.txt")):
    text = page.read_text()
    if not text.strip():
        print(f"[index] {page}: it is empty; write a text or remove it")
        sys.exit(3)
    database.execute("INSERT INTO pages VALUES (?, ?)", (page.stem, text))
    count += 1
database.commit()
database.close()
os.rename(part, index)
print(f"[index] {count} pages are in {index}")
