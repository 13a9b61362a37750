"""The Qwen2.5-VL architecture, written for packed training."""
