;;; beside.el --- AID and ocamllsp behind the one server that Eglot allows a buffer  -*- lexical-binding: t -*-

(load (expand-file-name "editor.el" (file-name-directory load-file-name)) nil t)

(visit "lib/stock.ml")
(say "server: %s" (plist-get (eglot--server-info (eglot-current-server)) :name))
(goto-char (point-min))
(insert "(* AID: rename value value to worth *)\n")
(forward-line -1)
(wait-for "the actions of both"
          (lambda () (let ((all (ignore-errors (titles))))
                       (and (member "ocamllsp textDocument/codeAction" all)
                            (seq-find (lambda (title) (string-prefix-p "AID: rename" title)) all)))))
(dolist (title (titles)) (say "action: %s" title))
(run-action "\\`AID: rename value value to worth")
(wait-for "the page" #'pages)
(say "AID made a proposal")
(dolist (buffer (buffer-list)) (with-current-buffer buffer (set-buffer-modified-p nil)))
(eglot-shutdown (eglot-current-server))
(say "done")
