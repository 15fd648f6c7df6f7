;;; accept.el --- takes a proposal that another editor was offered  -*- lexical-binding: t -*-

(load (expand-file-name "editor.el" (file-name-directory load-file-name)) nil t)

(wait-for "the offer in the other editor" (lambda () (file-exists-p (expand-file-name "offered" root))))
(visit "lib/stock.ml")
(goto-char (point-min))
(run-action "\\`AID: accept proposal 1")
(wait-for "the accepted text" (lambda () (string-match-p "let worth" (text-of "lib/stock.ml"))))
(wait-for "the interface" (lambda () (string-match-p "val worth" (text-of "lib/stock.mli"))))
(wait-for "the test" (lambda () (string-match-p "worth" (text-of "test/test_stock.ml"))))
(wait-for "the program" (lambda () (string-match-p "worth" (text-of "bin/main.ml"))))
(save-some-buffers t)
(say "accepted")
(eglot-shutdown (eglot-current-server))
