from copy import deepcopy

import numpy as np
import pytest
import torch

from model.checkpoint import save_model
from model.generate import generate
from model.loss import logits
from model.pack import Encoded, pack
from tests.model.conftest import IMAGE, VIDEO

NEVER = ()


@pytest.fixture
def prompts(document):
    grids = [[], [(1, 8, 8)], [(1, 6, 10), (1, 18, 22)], [], [(1, 4, 2)]]
    return [document(*media, text=text) for media, text in zip(grids, [5, 7, 3, 1, 20], strict=True)]


def test_greedy_equals_transformers(model, prompts, transformers, hf_inputs, tmp_path):
    save_model(model, tmp_path / "ours")
    theirs = transformers.Qwen2_5_VLForConditionalGeneration.from_pretrained(tmp_path / "ours", dtype=torch.float32)
    theirs.generation_config.eos_token_id = None
    ours = generate(model, prompts, 12, NEVER)
    for prompt, answer in zip(prompts, ours, strict=True):
        theirs.model.rope_deltas = None
        expected = theirs.generate(**hf_inputs(prompt), max_new_tokens=12, do_sample=False)
        assert answer == expected[0, len(prompt.input_ids) :].tolist()


def test_greedy_equals_reading_everything_anew(model, documents, config):
    """Videos too, whose positions transformers has wrong."""
    model = deepcopy(model)
    with torch.no_grad():
        model.lm_head.weight[[IMAGE, VIDEO]] = 0  # never the highest score: such a token needs its pixels
    for document, answer in zip(documents, generate(model, documents, 6, NEVER), strict=True):
        for token in answer:
            with torch.no_grad():
                last = model(pack([document], config))[-1:]
            assert logits(last, model.output_weight).argmax().item() == token
            ids = np.append(document.input_ids, token)
            document = Encoded(ids, ids, document.media)


def test_an_answer_ends_with_its_first_stop(model, prompts):
    free = generate(model, prompts, 12, NEVER)
    stop = free[0][4]
    stopped = generate(model, prompts, 12, {stop})
    assert stopped == [row[: row.index(stop) + 1] if stop in row else row for row in free]


def test_sampling_follows_its_generator_and_the_scores(model, document, config):
    prompt = document((1, 4, 4))
    drawn = [generate(model, [prompt] * 2000, 1, NEVER, 1.0, torch.Generator().manual_seed(s)) for s in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    with torch.no_grad():
        expected = logits(model(pack([prompt], config))[-1:], model.output_weight).softmax(-1)[0]
    counts = torch.bincount(torch.tensor(drawn[0] + drawn[2])[:, 0], minlength=config.text.vocab_size)
    torch.testing.assert_close(counts / 4000, expected, atol=0.04, rtol=0)
