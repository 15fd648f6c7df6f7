"""The real daemon and the real server, over workspaces whose proposals are scripted (scripted_workspace.py)."""

from aid_lsp.server.conversation import EditorConversation
from aid_lsp.server.daemon import Server, prepare_process, read_options, serve
from aid_lsp.server.sharing import Shared
from aid_lsp.settings import state_folder
from tests.support.scripted_workspace import open_scripted


def _load() -> Server:
    shared = Shared(lambda root, editor: open_scripted(root, state_folder() / "scripted", editor))
    return Server(lambda bodies, write, greeting: EditorConversation(bodies, write, greeting, shared), shared.close)


if __name__ == "__main__":
    prepare_process()
    raise SystemExit(serve(read_options(), _load))
