"""Small random checkpoints of Grounding DINO, SAM and SAM 2, saved as transformers saves them, with real processors."""

from pathlib import Path

from curation.scoring.vision_ops import mend_torchvision

WORDS = ("person", "dog", "traffic", "light", "red", "wine", "glass", "##s", "a", "cat")
SPECIAL = {101: "[CLS]", 102: "[SEP]", 0: "[PAD]", 100: "[UNK]", 103: "[MASK]", 1012: ".", 1029: "?"}


def write_vocabulary(folder: Path) -> Path:
    """Separators have the numbers that they have in BERT's vocabulary: the model's code looks for those."""
    names = {2000 + place: word for place, word in enumerate(WORDS)} | SPECIAL
    path = folder / "vocab.txt"
    path.write_text("\n".join(names.get(number, f"[unused{number}]") for number in range(2000 + len(WORDS))) + "\n")
    return path


def detector(folder: Path, max_text_len: int = 256, seed: int = 0) -> str:
    mend_torchvision()
    import torch
    from transformers import (
        BertConfig,
        BertTokenizerFast,
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        GroundingDinoImageProcessor,
        GroundingDinoProcessor,
        SwinConfig,
    )

    folder.mkdir(parents=True)
    tokenizer = BertTokenizerFast(vocab_file=str(write_vocabulary(folder)), vocab=str(folder / "vocab.txt"))
    backbone = SwinConfig(
        image_size=64, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=4, out_indices=[2, 3, 4]
    )
    words = BertConfig(
        vocab_size=2000 + len(WORDS), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    torch.manual_seed(seed)
    model = GroundingDinoForObjectDetection(
        GroundingDinoConfig(
            backbone_config=backbone,
            text_config=words,
            **{"d_model": 32, "num_queries": 30, "max_text_len": max_text_len},
            **{"encoder_layers": 1, "encoder_ffn_dim": 32, "encoder_attention_heads": 2},
            **{"decoder_layers": 2, "decoder_ffn_dim": 32, "decoder_attention_heads": 2},
            disable_custom_kernels=True,
        )
    )
    model.save_pretrained(folder)
    images = GroundingDinoImageProcessor(size={"shortest_edge": 64, "longest_edge": 96})
    GroundingDinoProcessor(images, tokenizer).save_pretrained(folder)
    return str(folder)


def sam(folder: Path, seed: int = 0) -> str:
    mend_torchvision()
    import torch
    from transformers import SamConfig, SamImageProcessor, SamModel, SamProcessor

    torch.manual_seed(seed)
    config = SamConfig(
        vision_config={
            **{"hidden_size": 32, "output_channels": 16, "num_hidden_layers": 2, "num_attention_heads": 2},
            **{"image_size": 64, "patch_size": 8, "window_size": 4, "global_attn_indexes": [1], "mlp_dim": 32},
            "num_pos_feats": 8,
        },
        prompt_encoder_config={"hidden_size": 16, "image_size": 64, "patch_size": 8, "mask_input_channels": 4},
        mask_decoder_config={"hidden_size": 16, "mlp_dim": 32, "num_attention_heads": 2, "iou_head_hidden_dim": 16},
    )
    SamModel(config).save_pretrained(folder)
    images = SamImageProcessor(size={"longest_edge": 64}, pad_size={"height": 64, "width": 64})
    SamProcessor(images).save_pretrained(folder)
    return str(folder)


def sam2(folder: Path, seed: int = 0) -> str:
    mend_torchvision()
    import torch
    from transformers import Sam2Config, Sam2ImageProcessor, Sam2Model, Sam2Processor

    torch.manual_seed(seed)
    config = Sam2Config(
        vision_config={
            "backbone_config": {
                **{"model_type": "sam2_hiera_det_model", "hidden_size": 16, "image_size": [64, 64]},
                **{"blocks_per_stage": [1, 1, 2, 1], "embed_dim_per_stage": [16, 32, 64, 128]},
                **{"num_attention_heads_per_stage": [1, 1, 2, 2], "window_size_per_stage": [4, 4, 4, 4]},
                **{"global_attention_blocks": [3], "window_positional_embedding_background_size": [4, 4]},
            },
            **{"backbone_channel_list": [128, 64, 32, 16], "fpn_hidden_size": 32},
            "backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]],
        },
        prompt_encoder_config={"hidden_size": 32, "image_size": 64, "mask_input_channels": 4},
        mask_decoder_config={"hidden_size": 32, "mlp_dim": 32, "num_attention_heads": 2, "iou_head_hidden_dim": 16},
    )
    Sam2Model(config).save_pretrained(folder)
    images = Sam2ImageProcessor(size={"height": 64, "width": 64}, mask_size={"height": 16, "width": 16})
    Sam2Processor(images).save_pretrained(folder)
    return str(folder)
