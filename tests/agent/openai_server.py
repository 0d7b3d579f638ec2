"""A tiny HTTP server that speaks OpenAI's protocol badly: the failures that a real server rarely shows."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class TinyServer:
    """Serves `/v1/models` and `/v1/chat/completions`; `behave` says how the next answers fail."""

    def __init__(self, behave="well", reply="Hello from the server.", context=4096):
        self.behave, self.reply, self.context, self.requests = behave, reply, context, []
        self.renders_tools = True
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def log_message(self, *args):
                pass

            def do_GET(self):
                owner.models(self)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.requests.append(json.loads(body))
                owner.chat(self, owner.requests[-1])

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def models(self, handler):
        if self.behave == "not openai":
            return self.send(handler, 200, {"hello": "world"})
        if self.behave == "no key":
            return self.send(handler, 401, {"error": "Unauthorized"})
        if self.behave == "loading":
            return self.send(handler, 503, {"error": "no backend"})
        return self.send(handler, 200, {"data": [{"id": "tiny", "max_model_len": self.context}]})

    def chat(self, handler, request):
        if self.behave == "slow":
            time.sleep(3)
        if self.behave == "error":
            return self.send(handler, 500, {"error": {"message": "out of memory"}})
        if self.behave == "too long":
            return self.send(handler, 400, {"error": {"message": "maximum context length is 10 tokens"}})
        if self.behave == "no parser" and request.get("tool_choice") == "auto":
            said = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
            return self.send(handler, 400, {"error": {"message": said}})
        if self.behave == "no template":
            said = "default chat template is no longer allowed, so you must provide a chat template"
            return self.send(handler, 400, {"error": {"message": said}})
        if self.behave == "garbage":
            return self.send(handler, 200, "this is no JSON at all", raw=True)
        if request.get("stream"):
            return self.stream(handler)
        message = {"role": "assistant", "content": self.reply if isinstance(self.reply, str) else None}
        if not isinstance(self.reply, str):
            message["tool_calls"] = self.reply
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        whole = {"id": "1", "object": "chat.completion", "created": 0, "model": "tiny", "choices": [choice]}
        shown = bool(request.get("tools")) and self.renders_tools
        whole["usage"] = {"prompt_tokens": 60 if shown else 40, "completion_tokens": 5, "total_tokens": 65}
        return self.send(handler, 200, whole)

    def stream(self, handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        words = [w + " " for w in self.reply.split(" ")]
        for k, word in enumerate(words):
            if self.behave == "dies" and k == len(words) // 2:
                handler.wfile.write(b'data: {"id": "1", "cho')
                return
            if self.behave == "trickles":
                time.sleep(0.4)
            delta = {"role": "assistant", "content": word}
            self.chunk(handler, {"delta": delta, "index": 0, "finish_reason": None})
        self.chunk(handler, {"delta": {}, "index": 0, "finish_reason": "stop"})
        handler.wfile.write(b"data: [DONE]\n\n")

    def chunk(self, handler, choice):
        data = {
            "id": "1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "tiny",
            "choices": [choice],
        }
        handler.wfile.write(f"data: {json.dumps(data)}\n\n".encode())
        handler.wfile.flush()

    def send(self, handler, status, body, raw=False):
        data = body.encode() if raw else json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
