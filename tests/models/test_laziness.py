import asyncio
import sys


async def test_connecting_imports_no_model_library() -> None:
    code = (
        "import sys; from aid_lsp.models.connect import connect; from aid_lsp.settings import ModelSettings;"
        "connect(ModelSettings(name='openai:gpt-5')); connect(ModelSettings());"
        "sys.exit(any(name in sys.modules for name in ('pydantic_ai', 'pydantic', 'openai', 'anthropic')))"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await child.wait() == 0
