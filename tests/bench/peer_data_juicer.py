"""Run by data-juicer's own Python: seven of its text filters on JSON lines, in memory, batches of 1,000.

python peer_data_juicer.py documents.jsonl folder-with-stopwords.json -> {"seconds", "dropped"} on the last line
"""

import json
import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")
BATCH = 1000


def main(path: str, assets: str) -> None:
    from data_juicer.ops import load_ops
    from data_juicer.utils.constant import Fields

    filters = load_ops(
        [
            {"alphanumeric_filter": {"tokenization": False, "min_ratio": 0.6}},
            {"average_line_length_filter": {"min_len": 10}},
            {"character_repetition_filter": {"rep_len": 10, "max_ratio": 0.1}},
            {"special_characters_filter": {"max_ratio": 0.275}},
            {"words_num_filter": {"tokenization": False, "min_num": 50, "max_num": 100000}},
            {"word_repetition_filter": {"tokenization": False, "rep_len": 5, "max_ratio": 0.2}},
            {"stopwords_filter": {"tokenization": False, "min_ratio": 0.35, "stopwords_dir": assets}},
        ]
    )
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    dropped = {}
    start = time.process_time()
    for first in range(0, len(rows), BATCH):
        kept = rows[first : first + BATCH]
        for each in filters:
            samples = {"text": [row["text"] for row in kept], Fields.stats: [{} for _ in kept]}
            samples = each.compute_stats_batched(samples)
            passed = list(each.process_batched(samples))
            dropped.update({row["id"]: [each._name, ""] for row, good in zip(kept, passed, strict=True) if not good})
            kept = [row for row, good in zip(kept, passed, strict=True) if good]
    print(json.dumps({"seconds": time.process_time() - start, "dropped": dropped}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
