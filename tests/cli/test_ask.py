"""`aid ask` as people and scripts use it: the real model path over a loopback server, no dune needed."""

from pathlib import Path

from tests.cli.test_commands import aid, aid_json
from tests.support.openai_server import OpenAIServer


def project(folder: Path) -> Path:
    (folder / "lib").mkdir(parents=True)
    (folder / "dune-project").write_text("(lang dune 3.0)\n")
    (folder / "lib" / "dune").write_text("(library (name shapes))\n")
    (folder / "lib" / "shape.ml").write_text("let area side = side * side\n\nlet twice s = 2 * area s\n")
    return folder


async def test_a_question_is_answered_with_what_the_place_is_about(tmp_path: Path) -> None:
    folder = project(tmp_path / "shapes")
    async with OpenAIServer() as server:
        server.enqueue("It squares the side.\x1b[31m\n")
        model = {"AID_MODEL_URL": server.url, "AID_MODEL": "openai:scripted"}
        status, output, errors = await aid(folder, "ask", "--at", "lib/shape.ml:1", "what does area do?", **model)
        assert (status, output) == (0, "It squares the side.\\x1b[31m\n\n"), errors
        [request] = server.requests
        asked = request.messages[-1]["content"]
        assert asked.endswith("# Question\n\nwhat does area do?\n")
        assert "let area side = side * side" in asked
        assert "never show a diff" in request.messages[0]["content"].lower()


async def test_for_scripts_and_with_a_log(tmp_path: Path) -> None:
    folder = project(tmp_path / "shapes")
    async with OpenAIServer() as server:
        server.enqueue("A slip.")
        model = {"AID_MODEL_URL": server.url, "AID_MODEL": "openai:scripted"}
        status, answer = await aid_json(folder, "ask", "--log", "-", "why?", stdin="Error: Unbound value sid", **model)
        assert (status, answer["answer"], answer["finish"]) == (0, "A slip.", "stop")
        assert "# A build log\n\nError: Unbound value sid" in server.requests[0].messages[-1]["content"]


async def test_without_a_model_it_says_what_to_do(tmp_path: Path) -> None:
    folder = project(tmp_path / "shapes")
    status, answer = await aid_json(folder, "ask", "why?")
    assert status == 3
    assert answer["error"]["kind"] == "NotConfigured"
    assert "questions need one" in answer["error"]["message"]
    assert (await aid(folder, "ask", " "))[0] == 3
