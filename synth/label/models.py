"""Loading of transformers' checkpoints, and the batches that they see."""

from collections.abc import Callable
from typing import Any

from curation.errors import ConfigError
from curation.scoring.vision_ops import mend_torchvision
from synth.label.settings import Dtype


def load(role: str, checkpoint: str, kinds: dict[str, tuple[str, str]], device: str, dtype: Dtype) -> tuple[Any, Any]:
    """Model (in evaluation mode, on its device) and processor of a checkpoint. `kinds`: model type -> their classes.

    Raises ConfigError where the checkpoint is missing, damaged or of another type, or the device is not there.
    """
    mend_torchvision()
    import torch
    import transformers

    try:
        kind = transformers.AutoConfig.from_pretrained(checkpoint).model_type
    except Exception as error:  # whatever the loader meets: a wrong name, a damaged file, no network
        raise ConfigError(f"{role}: {checkpoint}: cannot be loaded: {_line(error)}") from error
    if kind not in kinds:
        raise ConfigError(f"{role}: {checkpoint} is a {kind}; one of {', '.join(sorted(kinds))} is wanted")
    model_class, processor_class = (getattr(transformers, name) for name in kinds[kind])
    try:
        processor = processor_class.from_pretrained(checkpoint)
        model, report = model_class.from_pretrained(checkpoint, dtype=getattr(torch, dtype), output_loading_info=True)
        if missing := sorted(report["missing_keys"]):
            raise ConfigError(f"{role}: {checkpoint} lacks {len(missing)} weights, among them {missing[0]}")
        return model.to(device).eval(), processor
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(f"{role}: {checkpoint}: cannot be loaded: {_line(error)}") from error


def each_alone(run: Callable[[list[Any]], list[Any]], batch: list[Any]) -> list[Any]:
    """What `run` gives of a batch; where the batch fails, of each by itself, an Exception in the place of the bad."""
    try:
        return run(batch)
    except Exception as error:
        if len(batch) == 1:
            return [error]
        return [result for item in batch for result in each_alone(run, [item])]


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
