"""A scripted ocamllsp, standard library only: announces what the real one does (1.27) and says of each answer that it is its own.

    python -m tests.support.scripted_ocamllsp [--delay METHOD=SECONDS] [--crash METHOD] [--encoding utf-8] [--without CAPABILITY]

Opening a document publishes a diagnostic for it (with its version), `test/told` gives everything that it was told, `test/ask`
makes it ask the editor something and gives what the editor answered.
"""

import argparse
import json
import os
import sys
import threading
from typing import Any

CAPABILITIES: dict[str, Any] = {
    "textDocumentSync": {
        "openClose": True,
        "change": 2,
        "willSave": False,
        "willSaveWaitUntil": False,
        "save": {"includeText": False},
    },
    "completionProvider": {"triggerCharacters": [".", "#"], "resolveProvider": True},
    "hoverProvider": True,
    "signatureHelpProvider": {"triggerCharacters": [" ", "~", "?", ":", "("]},
    "declarationProvider": True,
    "definitionProvider": True,
    "typeDefinitionProvider": True,
    "referencesProvider": True,
    "documentHighlightProvider": True,
    "documentSymbolProvider": True,
    "codeActionProvider": {"codeActionKinds": ["quickfix", "construct", "destruct (enumerate cases)", "inline", "inferred_intf"]},
    "codeLensProvider": {"resolveProvider": False},
    "documentFormattingProvider": True,
    "renameProvider": {"prepareProvider": True},
    "foldingRangeProvider": True,
    "selectionRangeProvider": True,
    "inlayHintProvider": True,
    "semanticTokensProvider": {"legend": {"tokenTypes": ["namespace"], "tokenModifiers": []}, "full": {"delta": True}},
    "workspaceSymbolProvider": True,
    "executeCommandProvider": {"commands": ["ocamllsp/merlin-call-compatible", "dune/promote", "ocamllsp/view-metrics"]},
    "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
    "experimental": {"ocamllsp": {"interfaceSpecificLangId": True, "handleTypedHoles": True, "handleTypeEnclosing": True}},
}
LISTS = ("textDocument/codeAction", "textDocument/codeLens", "textDocument/inlayHint", "textDocument/references")


class Server:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.delays = dict(delay.split("=") for delay in options.delay)
        self.told: list[str] = []
        self.asking: dict[str, Any] = {}
        self.lock = threading.Lock()

    def run(self) -> int:
        stream = sys.stdin.buffer
        while True:
            length = None
            while (line := stream.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if length is None:
                return 1
            message = json.loads(stream.read(length))
            if message.get("method") == "exit":
                return 0
            self.take(message)

    def take(self, message: dict[str, Any]) -> None:
        method: Any = message.get("method")
        params: dict[str, Any] = message.get("params") or {}
        self.told.append(method or "response")
        if method == self.options.crash:
            os._exit(9)
        if method is None:
            waiting = self.asking.pop(message["id"], None)
            if waiting is not None:
                self.send({"id": waiting, "result": message.get("result")})
        elif "id" in message:
            seconds = float(self.delays.get(method, 0))
            answer = threading.Timer(seconds, self.answer, (message["id"], method, params))
            answer.daemon = True
            if seconds:
                answer.start()
            else:
                self.answer(message["id"], method, params)
        elif method == "textDocument/didOpen":
            item = params["textDocument"]
            place = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}
            published = {
                "uri": item["uri"],
                "version": item["version"],
                "diagnostics": [{"range": place, "message": "from ocamllsp"}],
            }
            self.send({"method": "textDocument/publishDiagnostics", "params": published})

    def answer(self, message_id: int | str, method: str, params: dict[str, Any]) -> None:
        if method == "initialize":
            capabilities = {name: value for name, value in CAPABILITIES.items() if name not in self.options.without}
            if self.options.encoding:
                capabilities["positionEncoding"] = self.options.encoding
            result: Any = {"capabilities": capabilities, "serverInfo": {"name": "ocamllsp", "version": "1.27.0"}}
        elif method == "shutdown":
            result = None
        elif method == "test/told":
            result = self.told
        elif method == "test/ask":
            self.asking["mine"] = message_id
            return self.send({"id": "mine", "method": params["method"], "params": params["params"]})
        elif method in LISTS:
            result = [{"title": f"ocamllsp {method}"}]
        elif method == "textDocument/prepareRename":
            result = {"placeholder": "of ocamllsp"}
        else:
            result = {"from": "ocamllsp", "method": method}
        return self.send({"id": message_id, "result": result})

    def send(self, fields: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **fields}).encode()
        with self.lock:
            sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            sys.stdout.buffer.flush()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", action="append", default=[])
    parser.add_argument("--crash", default="")
    parser.add_argument("--encoding", default="")
    parser.add_argument("--without", action="append", default=[])
    return Server(parser.parse_args()).run()


if __name__ == "__main__":
    raise SystemExit(main())
