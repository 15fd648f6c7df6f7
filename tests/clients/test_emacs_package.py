"""`clients/emacs/aid.el` as an archive of Emacs packages would take it."""

import shutil
from pathlib import Path

import pytest

from tests.clients.desk import CHECKOUT, environment, play

pytestmark = pytest.mark.editor

_LINT = """
(require 'checkdoc)
(require 'package)
(setq byte-compile-error-on-warn t)
(defun say (format &rest arguments) (princ (apply #'format (concat "@ " format "\\n") arguments)))
(say "compiles: %s" (byte-compile-file "aid.el"))
(let ((checkdoc-create-error-function (lambda (text start &rest _) (say "%s: %s" (line-number-at-pos start) text) nil)))
  (with-current-buffer (find-file-noselect "aid.el") (checkdoc-current-buffer t)))
(let ((it (with-current-buffer (find-file-noselect "aid.el") (package-buffer-info))))
  (say "package %s %s for %s: %s" (package-desc-name it) (package-desc-version it) (package-desc-reqs it) (package-desc-summary it)))
"""


async def test_it_compiles_without_warnings_and_its_documentation_is_in_order(tmp_path: Path) -> None:
    shutil.copy(CHECKOUT / "clients" / "emacs" / "aid.el", tmp_path)
    said = await play(("emacs", "-Q", "--batch", "--eval", f"(progn {_LINT})"), tmp_path, environment())
    assert said == [
        "compiles: t",
        "package aid (0 1 0) for ((emacs (29 1))): Describe a change to OCaml code, get a diff that builds",
    ]
