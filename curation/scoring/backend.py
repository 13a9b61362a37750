"""The model that a judge asks, wherever it runs: what it takes, what it gives back, and how it is configured."""

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from pydantic import Field

from curation.config import Config
from curation.scoring.rubric import Prompt


class EndpointSettings(Config):
    """An OpenAI-compatible endpoint: a provider's, or an own server of vLLM, SGLang, llama.cpp, Ollama, ..."""

    base_url: str = Field(pattern=r"^https?://", description="with its version, e.g. http://localhost:8000/v1")
    model: str = Field(min_length=1)
    api_key_variable: str | None = Field(None, description="name of the environment variable that holds the key")
    timeout: float = Field(120.0, gt=0, description="seconds for one attempt")
    max_retries: int = Field(6, ge=0, le=20, description="of 408, 409, 429, 5xx and lost connections, with back-off")
    json_schema: bool = Field(True, description="ask for `response_format: json_schema`; false where that is refused")
    temperature: Annotated[float, Field(ge=0)] | Literal["unset"] = Field(0.0, description="unset: it is not sent")


class LocalSettings(Config):
    """A checkpoint of transformers' AutoModelForImageTextToText, with its processor, in a folder."""

    folder: str = Field(min_length=1)
    device: str = Field("cpu", pattern=r"^(cpu|cuda(:\d+)?|mps)$")
    dtype: Literal["float32", "bfloat16", "float16"] = "bfloat16"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said, with the tokens read and written (None where it does not tell) and how often it was asked."""

    text: str
    input: int | None
    output: int | None
    retries: int = 0


class BackendError(Exception):
    """The model did not answer, after all retries."""

    def __init__(self, message: str, retries: int = 0):
        super().__init__(message)
        self.retries = retries


class Backend(Protocol):
    """Where the questions go. `identity` names the model; `check` raises ConfigError where it cannot be asked."""

    identity: str

    def check(self) -> None: ...

    def complete(self, prompt: Prompt, tokens: int) -> Reply: ...
