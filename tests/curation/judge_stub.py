"""An HTTP server that speaks the chat-completions protocol and answers as a test wants it to, and what it is asked."""

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import PIL.Image

from curation.document import Document, Image, Text, Turn
from curation.media import probe
from tests.conftest import encode

GOOD = {"quality": 4, "relevance": 5, "complementarity": 3, "balance": 1}


def document(folder: Path, number: int) -> Document:
    """With a picture of its own, which lies in the folder."""
    path = folder / f"{number}.png"
    path.write_bytes(encode(PIL.Image.new("RGB", (60, 60), (20 * number, 0, 0))))
    parts = (Text(f"Document {number}. "), Image(0))
    return Document((Turn(None, parts),), (probe(path.read_bytes(), path.name, str(path)),))


def grades(**changes: Any) -> str:
    return json.dumps({"reason": "as it is", **GOOD, **changes})


@dataclass(frozen=True)
class Said:
    """What the server sends back: the model's words, or an HTTP error; after `wait` seconds."""

    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0


@dataclass
class Question:
    """A request as the model would see it."""

    body: dict[str, Any]
    authorization: str

    @property
    def text(self) -> str:
        contents = [turn["content"] for turn in self.body["messages"]]
        parts = [[{"type": "text", "text": item}] if isinstance(item, str) else item for item in contents]
        return "".join(part["text"] for content in parts for part in content if part["type"] == "text")

    @property
    def document(self) -> str:
        return self.text.split("<document>\n")[1].split("\n</document>")[0]

    @property
    def images(self) -> list[PIL.Image.Image]:
        contents = [turn["content"] for turn in self.body["messages"] if isinstance(turn["content"], list)]
        urls = [part["image_url"]["url"] for content in contents for part in content if part["type"] == "image_url"]
        return [PIL.Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) for url in urls]


@dataclass
class Stub:
    """`answer` takes the question and how many came before it; `questions` are those that came."""

    answer: Callable[[Question, int], Said]
    url: str = ""
    questions: list[Question] = field(default_factory=list)
    models: tuple[str, ...] | None = ("stub",)
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def serving(answer: Callable[[Question, int], Said]) -> Iterator[Stub]:
    stub = Stub(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if stub.models is None:
                return self.reply(404, {"error": {"message": "no such path"}})
            return self.reply(200, {"object": "list", "data": [{"id": name} for name in stub.models]})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            question = Question(body, self.headers["Authorization"])
            with stub.lock:
                number = len(stub.questions)
                stub.questions.append(question)
            said = stub.answer(question, number)
            time.sleep(said.wait)
            if said.status != 200:
                return self.reply(said.status, {"error": {"message": "the stub refuses"}}, said.headers)
            message = {"role": "assistant", "content": said.text}
            usage = {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            whole = {"id": "1", "object": "chat.completion", "created": 0, "model": body["model"]}
            return self.reply(200, {**whole, "choices": [choice], "usage": usage})

        def reply(self, status: int, value: dict[str, Any], headers: dict[str, str] | None = None) -> None:
            content = json.dumps(value).encode()
            try:
                self.send_response(status)
                for name, header in {**(headers or {}), "Content-Type": "application/json"}.items():
                    self.send_header(name, header)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:  # the client has given up waiting
                self.close_connection = True

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
