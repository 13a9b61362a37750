"""A judge behind an OpenAI-compatible endpoint, asked by the `openai` package, which waits and retries by itself."""

import base64
import os
from typing import Any

from curation.errors import ConfigError
from curation.scoring.backend import BackendError, EndpointSettings, Reply
from curation.scoring.rubric import Prompt


class Endpoint:
    """Chat completions. Raises ConfigError where the package or the key is missing."""

    def __init__(self, settings: EndpointSettings):
        try:
            import openai
        except ImportError as error:
            raise ConfigError("judge: install the extra `judge` (the package openai) to ask an endpoint") from error
        self._openai = openai
        self.settings = settings
        self.identity = settings.model
        # The package would look for OPENAI_API_KEY by itself and send it to whatever server the settings name.
        key = os.environ.get(settings.api_key_variable or "") if settings.api_key_variable else "none"
        if not key:
            raise ConfigError(f"judge: the environment variable {settings.api_key_variable} holds no key")
        self._client = openai.OpenAI(
            base_url=settings.base_url, api_key=key, timeout=settings.timeout, max_retries=settings.max_retries
        )

    def check(self) -> None:
        """Raises ConfigError where the endpoint is not there, refuses the key or has no such model.

        Costs nothing; an endpoint that does not list its models passes.
        """
        try:
            names = [model.id for model in self._client.with_options(max_retries=2).models.list()]
        except (self._openai.AuthenticationError, self._openai.PermissionDeniedError) as error:
            raise ConfigError(f"judge: {self.settings.base_url} refuses the key: {_line(error)}") from error
        except self._openai.APIConnectionError as error:
            raise ConfigError(f"judge: {self.settings.base_url} does not answer: {_line(error)}") from error
        except Exception:  # a server without a list, or with one in a form of its own
            return
        if names and self.settings.model not in names:
            few = ", ".join(sorted(names)[:5])
            raise ConfigError(f"judge: {self.settings.base_url} has no model {self.settings.model}; it has {few}")

    def complete(self, prompt: Prompt, tokens: int) -> Reply:
        """Raises BackendError where no answer came."""
        wanted: dict[str, Any] = {"max_completion_tokens": tokens}
        if self.settings.temperature != "unset":
            wanted["temperature"] = self.settings.temperature
        if self.settings.json_schema:
            form = {"name": "grades", "strict": True, "schema": prompt.schema}
            wanted["response_format"] = {"type": "json_schema", "json_schema": form}
        try:
            raw = self._client.chat.completions.with_raw_response.create(
                model=self.settings.model, messages=messages(prompt), **wanted
            )
            reply = raw.parse()
            text, usage = reply.choices[0].message.content, reply.usage
        except self._openai.APIError as error:
            raise BackendError(_line(error), self._retries(error)) from error
        except Exception as error:  # an answer that is not of the protocol: no JSON, no choices
            raise BackendError(f"not a chat completion: {_line(error)}") from error
        read, written = (usage.prompt_tokens, usage.completion_tokens) if usage else (None, None)
        return Reply(text or "", read, written, raw.retries_taken)

    def _retries(self, error: Exception) -> int:
        """How often the package tried again before it gave up: always or never, by the kind of error."""
        status = getattr(error, "status_code", None)
        again = status is None or status in (408, 409, 429) or status >= 500
        return self.settings.max_retries if again else 0


def messages(prompt: Prompt) -> list[Any]:
    """The protocol's form: texts, and pictures as data URLs."""
    found: list[Any] = []
    for role, content in prompt.turns:
        if any(isinstance(part, bytes) for part in content):
            found.append({"role": role, "content": [_part(part) for part in content]})
        else:
            found.append({"role": role, "content": "".join(part for part in content if isinstance(part, str))})
    return found


def _part(part: str | bytes) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    return {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{base64.b64encode(part).decode()}"}}


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
