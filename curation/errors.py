"""Errors that a user can mend: each is one line that says what, where and what to do."""


class UserError(Exception):
    """Shown by the command line as a single line, without a traceback."""


class ConfigError(UserError):
    """A setting is unknown, missing or out of range."""


class DocumentError(UserError):
    """A document breaks the model in `curation.document`."""


class MediaError(UserError):
    """A media file is missing, damaged or refused; `reason` is a short name that counts can be made of."""

    def __init__(self, reason: str, message: str):
        super().__init__(reason, message)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.reason}: {self.args[1]}"


class ShardError(UserError):
    """A shard is truncated, altered or has lost its index."""


class DamagedError(ShardError):
    """A document of a shard is not as it was written: the tar is truncated there, or altered."""
