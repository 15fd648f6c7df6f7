"""The server that other tests, editors and the demo rely on, as a process of its own."""

import asyncio
import json
import sys
import urllib.request
from pathlib import Path


def post(url: str, words: str) -> dict[str, object]:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": words}]}).encode()
    request = urllib.request.Request(f"{url}/chat/completions", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)["choices"][0]["message"]["content"]


async def test_it_runs_as_a_process_from_a_script(tmp_path: Path) -> None:
    script, log = tmp_path / "answers.jsonl", tmp_path / "log.jsonl"
    await asyncio.to_thread(
        script.write_text,
        '{"text": "only for shapes", "when": "shape"}\n"the first"\n{"text": "ever after", "repeat": true}\n',
    )
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.openai_server", "--script", str(script), "--log", str(log)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        url = (await asyncio.wait_for(server.stdout.readline(), 20)).decode().strip()
        said = [await asyncio.to_thread(post, url, words) for words in ("hello", "a shape", "hello", "hello")]
    finally:
        server.terminate()
        await server.wait()
    assert said == ["the first", "only for shapes", "ever after", "ever after"]
    logged = await asyncio.to_thread(log.read_text)
    assert [json.loads(line)["messages"][0]["content"] for line in logged.strip().split("\n")] == [
        "hello",
        "a shape",
        "hello",
        "hello",
    ]
