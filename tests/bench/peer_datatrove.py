"""Run by datatrove's own Python: its four text filters on JSON lines, in memory and in the order of its examples.

python peer_datatrove.py documents.jsonl -> {"seconds": CPU seconds, "dropped": {id: [filter, reason]}} on the last line
"""

import json
import sys
import time

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)


def main(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        documents = [Document(text=row["text"], id=row["id"]) for row in map(json.loads, file)]
    filters = [
        ("gopher-repetition", GopherRepetitionFilter()),
        ("gopher", GopherQualityFilter()),
        ("c4", C4QualityFilter(filter_no_terminal_punct=False)),
        ("fineweb", FineWebQualityFilter()),
    ]
    for _, each in filters:  # the tokeniser is loaded at the first call
        each.filter(Document(text=documents[0].text, id="first"))
    dropped = {}
    start = time.process_time()
    for document in documents:
        for name, each in filters:
            result = each.filter(document)
            if result is not True:
                dropped[document.id] = [name, result[1] if isinstance(result, tuple) else ""]
                break
    print(json.dumps({"seconds": time.process_time() - start, "dropped": dropped}))


if __name__ == "__main__":
    main(sys.argv[1])
