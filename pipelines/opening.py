"""Files opened to be read from anywhere in them: a local path, s3:// or gs://.

Beam's own file systems are for listing and writing: its S3 makes a new client for every file, at 0.2 s of CPU.
"""

import io
from typing import Any, BinaryIO, cast

from curation import ranged

BUFFER = 4 << 20  # bytes; within it, going back and forth costs no request


def open_file(path: str) -> BinaryIO:
    """The file as it is (nothing is decompressed), buffered. S3 is set up as for boto3, by AWS_ variables."""
    scheme, remote, _ = path.partition("://")
    if not remote:
        return open(path, "rb")
    import smart_open

    raw = smart_open.open(path, "rb", compression="disable", transport_params={"client": ranged.client_of(scheme)})
    return cast(BinaryIO, io.BufferedReader(_Raw(raw), BUFFER))


class _Raw(io.RawIOBase):
    """What io.BufferedReader wants of a file."""

    def __init__(self, file: Any):
        self.file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self.file.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def close(self) -> None:
        self.file.close()
        super().close()
