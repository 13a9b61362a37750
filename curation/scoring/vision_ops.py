"""Lets torchvision be imported beside a build of torch that it was not built for."""

import importlib
import sys
from functools import cache


@cache
def mend_torchvision() -> None:
    """Call before the first import of open_clip, of transformers' models and processors, and of TRL's trainers.

    torchvision from PyPI is built for CUDA; beside torch for the CPU its compiled operators do not load, and
    importing it fails with `operator torchvision::nms does not exist`. Declaring the two operators' schemas mends the
    import; none of what we run calls them. A torchvision that works, or that is not installed, is left alone.
    """
    try:
        importlib.import_module("torchvision")
    except ImportError:
        return
    except RuntimeError:
        import torch

        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]  # half imported
        library = torch.library.Library("torchvision", "FRAGMENT")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _KEPT.append(library)  # its operators vanish with it
        importlib.import_module("torchvision")


_KEPT: list[object] = []
