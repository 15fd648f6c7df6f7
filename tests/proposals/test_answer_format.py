import pytest

from aid_lsp.edits.read import FORMATS
from aid_lsp.proposals.answer_format import format_for


@pytest.mark.parametrize(
    ("name", "expect"),
    [
        ("anthropic:claude-sonnet-5-5", "search_replace"),
        ("openai:gpt-5-mini", "search_replace"),
        ("openai:o3", "search_replace"),
        ("google:gemini-2.5-pro", "search_replace"),
        ("deepseek:deepseek-chat", "search_replace"),
        ("qwen2.5-coder:32b", "search_replace"),
        ("Qwen/Qwen3-Coder-480B-A35B-Instruct", "search_replace"),
        ("openrouter:moonshotai/kimi-k2", "search_replace"),
        ("ollama:qwen2.5-coder:1.5b", "definition"),
        ("qwen2.5-coder-7b-instruct-q4_k_m.gguf", "definition"),
        ("deepseek-r1:14b", "definition"),
        ("llama3.2:3b-instruct", "definition"),
        ("openai:gpt-4.1-nano", "definition"),
        ("my-own-model", "definition"),
        ("", "definition"),
    ],
)
def test_strong_models_write_blocks_and_others_definitions(name: str, expect: str) -> None:
    assert format_for(name) == expect
    assert expect in FORMATS


def test_a_wanted_format_is_taken() -> None:
    assert format_for("claude", "whole_file") == "whole_file"
