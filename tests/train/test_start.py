"""Where a model starts: sharded over ranks it has the very weights of a whole one, and no rank ever holds it whole."""

import resource

import pytest
import torch
from torch.distributed.tensor import DTensor

from curation.errors import UserError
from model.checkpoint import initialise, meta_model, new_model, save_model, write_model, written_aside
from model.contrastive import ContrastiveConfig
from model.parts import load_parts, start_weights
from model.tokenizer import train_tokenizer
from tests.train.ranks import CONFIG, launch
from train.parallel import open_ranks, prepare
from train.phase import Compute, PackSize
from train.start import model_of

SIZE = PackSize(tokens=64, patches=96, per_step=3)
CONTRASTIVE = ContrastiveConfig(vision=CONFIG.vision, text=CONFIG.text, embed_size=24, initializer_range=0.2)


def with_text(**settings):
    return CONFIG.model_copy(update={"text": CONFIG.text.model_copy(update=settings)})


def started(config, folders):
    """On each rank: the sharded model of `config`, its weights set, and what of it is said to be fresh."""
    with open_ranks() as ranks:
        model = meta_model(config)
        prepare(model, ranks, Compute(), SIZE)
        fresh = start_weights(model, 0, **folders)
        weights = model.state_dict()
        assert all(isinstance(weight, DTensor) for weight in weights.values())
        return fresh, {name: weight.full_tensor() for name, weight in weights.items()}


def all_started(cases):
    return [started(*case) for case in cases]


def test_three_ranks_start_with_the_weights_of_one_process(tmp_path):
    """Three, for no size of the model divides by them; and the temperature is there on one rank alone."""
    save_model(new_model(CONFIG, seed=5), tmp_path / "tied")
    save_model(new_model(with_text(tie_word_embeddings=False, vocab_size=508), seed=6), tmp_path / "fewer words")
    save_model(new_model(CONTRASTIVE, seed=7), tmp_path / "contrastive")
    untied = with_text(tie_word_embeddings=False)
    cases = [
        (CONFIG, {}),
        (CONTRASTIVE, {}),
        (CONFIG, {"whole": tmp_path / "tied"}),
        (CONTRASTIVE, {"whole": tmp_path / "contrastive"}),
        (untied, {"vision": tmp_path / "contrastive", "language": tmp_path / "fewer words"}),
        (untied, {"vision": tmp_path / "tied", "language": tmp_path / "tied"}),
    ]
    for results in launch(3, all_started, cases):
        for (config, folders), (fresh, weights) in zip(cases, results, strict=True):
            whole = new_model(config, seed=0)
            assert fresh == load_parts(whole, **folders)
            expected = whole.state_dict()
            assert weights.keys() == expected.keys()
            assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_a_fresh_weight_does_not_depend_on_the_others():
    deeper = new_model(with_text(num_hidden_layers=3), seed=0).state_dict()
    assert all(torch.equal(deeper[name], weight) for name, weight in new_model(CONFIG, seed=0).state_dict().items())


def test_half_precision_is_the_rounding_of_the_same_weights():
    half = new_model(CONFIG, seed=0, dtype=torch.bfloat16).state_dict()
    whole = new_model(CONFIG, seed=0).state_dict()
    assert all(torch.equal(half[name], weight.bfloat16()) for name, weight in whole.items())


def test_what_shall_be_loaded_is_not_drawn():
    model, fresh = new_model(CONFIG, seed=1), new_model(CONFIG, seed=0).state_dict()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    initialise(model, 0, but=("visual.blocks.", "model.layers."))
    for name, weight in model.state_dict().items():
        kept = name.startswith(("visual.blocks.", "model.layers."))
        assert torch.equal(weight, before[name] if kept else fresh[name])


@pytest.mark.slow
@pytest.mark.parametrize("saved", [True, False])
def test_no_rank_holds_the_whole_model(saved, tmp_path):
    """Of 400 MB; a rank of four keeps a quarter of it, and reads them from files of 40 MB."""
    config = with_text(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=24)
    model = new_model(config, seed=0)
    size = sum(weight.nbytes for weight in model.parameters())
    with written_aside(tmp_path / "model") as partial:
        write_model(partial, config, model.state_dict(), shard_bytes=40 * 10**6)
    grown = launch(4, growth, config, {"whole": tmp_path / "model"} if saved else {})
    assert max(grown) < 0.5 * size


def growth(config, folders):
    """By how many bytes the most memory that this rank ever had grows by its start."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open_ranks() as ranks:
        model = meta_model(config)
        prepare(model, ranks, Compute(), SIZE)
        start_weights(model, 0, **folders)
    return 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)


def test_weights_that_were_trained_with_another_tokenizer_are_refused(phase, packed, tmp_path):
    start = tmp_path / "start"
    save_model(new_model(model_of(phase(), packed).config, 0), start)
    train_tokenizer(["other words altogether"] * 3, 300, start)
    with pytest.raises(UserError, match=r"its tokenizer is not that of .*: pack with tokenizer\.folder"):
        model_of(phase(start=start), packed)
    packed.processor.tokenizer.save(start)
    assert model_of(phase(start=start), packed)
