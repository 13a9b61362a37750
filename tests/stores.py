"""Object stores of our own; what is set here is all that real ones need, in the environment of every worker."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from curation import ranged


@contextmanager
def s3_bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """boto3's client of an S3 that has one bucket, called `bucket`."""
    boto3 = pytest.importorskip("boto3")
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://{}:{}".format(*server.get_host_and_port()))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    ranged._client.cache_clear()
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    try:
        yield client
    finally:
        ranged._client.cache_clear()
        server.stop()


@contextmanager
def google_bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """google-cloud-storage's bucket, called `bucket`, of a Google Cloud Storage that asks for no credentials."""
    storage = pytest.importorskip("google.cloud.storage")
    emulator = pytest.importorskip("gcp_storage_emulator.server")
    server = emulator.create_server("127.0.0.1", 0, in_memory=True, default_bucket="bucket")
    server.start()
    host, port = server._api._httpd.socket.getsockname()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://{host}:{port}")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "test")
    ranged._client.cache_clear()
    try:
        yield storage.Client().bucket("bucket")
    finally:
        ranged._client.cache_clear()
        server.stop()
