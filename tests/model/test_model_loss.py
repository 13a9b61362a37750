import torch
from torch.nn.functional import cross_entropy

from model import loss
from model.pack import pack


def test_the_sum_is_over_supervised_tokens_of_each_document(model, documents, config):
    packs = [pack([document], config) for document in documents]
    total = sum(loss.loss_sum(model(item), model.output_weight, item) for item in packs)
    expected = torch.tensor(0.0)
    for document in documents:
        scores = loss.logits(model(pack([document], config)), model.output_weight)
        expected = expected + cross_entropy(scores[:-1], torch.from_numpy(document.labels)[1:], reduction="sum")
    item = pack(documents, config)
    together = loss.loss_sum(model(item), model.output_weight, item)
    torch.testing.assert_close(total, expected)
    torch.testing.assert_close(together, expected)


def test_losses_are_given_token_by_token(model, documents, config):
    item = pack(documents, config)
    with torch.no_grad():
        hidden = model(item)
        losses = loss.token_losses(hidden, model.output_weight, item)
        each = [loss.loss_sum(model(x), model.output_weight, x) for x in (pack([d], config) for d in documents)]
    by_document = torch.zeros(len(documents)).index_add(0, item.target_document, losses)
    torch.testing.assert_close(by_document, torch.stack(each))


def test_chunks_change_neither_loss_nor_gradients(model, documents, config, monkeypatch):
    item = pack(documents, config)

    def run():
        model.zero_grad()
        value = loss.loss_sum(model(item), model.output_weight, item)
        value.backward()
        return [value.detach(), *(weight.grad.clone() for weight in model.parameters())]

    whole = run()
    monkeypatch.setattr(loss, "LOGITS_AT_ONCE", 5 * config.text.vocab_size)
    torch.testing.assert_close(run(), whole)


def test_a_pack_without_supervision_has_a_loss_of_zero(model, document, config):
    item = pack([document((1, 4, 4), text=1)], config)
    silent = type(item)(**{**vars(item), "predictors": item.predictors[:0], "targets": item.targets[:0]})
    value = loss.loss_sum(model(silent), model.output_weight, silent)
    model.zero_grad()
    value.backward()
    assert value.item() == 0
    assert not any(weight.grad.any() for weight in model.parameters())
