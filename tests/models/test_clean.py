import pytest

from aid_lsp.models.clean import clean


@pytest.mark.parametrize(
    ("answer", "expect"),
    [
        pytest.param("let x = 1\n", "let x = 1\n", id="nothing to take"),
        pytest.param("let x = 1<|im_end|>", "let x = 1", id="end of turn"),
        pytest.param("<|fim_prefix|>let <|fim_middle|>x<|fim_suffix|>", "let x", id="fill in the middle"),
        pytest.param("let x = 1<｜end▁of▁sentence｜>", "let x = 1", id="DeepSeek"),
        pytest.param("let x = 1\n</s>", "let x = 1", id="Llama 2"),
        pytest.param("<think>\nhmm ```x```\n</think>\n\nlet x = 1", "let x = 1", id="thought"),
        pytest.param("hmm, so\n</think>\nlet x = 1", "let x = 1", id="thought opened by the template"),
        pytest.param("<think>and on and on", "", id="thought without end"),
        pytest.param(
            'let tag = "<think>" and fin = "</think>"', 'let tag = "<think>" and fin = "</think>"', id="somebody's string"
        ),
        pytest.param("let f x = x <|> y |> g", "let f x = x <|> y |> g", id="OCaml's operators"),
        pytest.param("", "", id="empty"),
    ],
)
def test_only_the_answer_is_left(answer: str, expect: str) -> None:
    assert clean(answer) == expect
