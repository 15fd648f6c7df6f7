;;; diagnostics.el --- an error in a file that is not open: listed, visited, fixed, gone  -*- lexical-binding: t -*-

(load (expand-file-name "editor.el" (file-name-directory load-file-name)) nil t)

(defvar main (expand-file-name "bin/main.ml" root))
(defun listed ()
  "The diagnostics that flymake lists of files that nobody visits."
  (mapcar #'flymake-diagnostic-text (cdr (assoc main flymake-list-only-diagnostics))))
(defun here ()
  (mapcar (lambda (d) (list (line-number-at-pos (flymake-diagnostic-beg d)) (flymake-diagnostic-text d))) (flymake-diagnostics)))
(defun first-line (text) (car (split-string text "\n")))

(setq project-vc-extra-root-markers '("dune-project")) ; the copy is no repository

(visit "lib/stock.ml")
(say "listed, not open: %s" (first-line (car (wait-for "the error of the closed file" #'listed))))
(say "is open: %s" (and (buffer-of "bin/main.ml") t))

(visit main)
(flymake-start)
(let ((said (car (wait-for "the error in its buffer" #'here))))
  (say "in its buffer, line %d: %s" (car said) (first-line (cadr said))))
(goto-char (flymake-diagnostic-beg (car (flymake-diagnostics))))
(say "text there: %s" (buffer-substring (point) (flymake-diagnostic-end (car (flymake-diagnostics)))))
(let* ((said (car (flymake-diagnostics))) ; as `eglot-code-actions' does with point on it
       (fix (seq-find (lambda (action) (equal (plist-get action :title) "AID: fix this error"))
                      (eglot-code-actions (flymake-diagnostic-beg said) (flymake-diagnostic-end said) nil))))
  (say "offered as: %s" (plist-get fix :kind))
  (eglot-execute (eglot-current-server) fix))
(wait-for "the proposal" #'pages)
(switch-to-buffer (buffer-of "bin/main.ml"))
(run-action "\\`AID: accept proposal 1")
(wait-for "the fixed text" (lambda () (string-match-p "Stock.value" (text-of "bin/main.ml"))))
(set-buffer (buffer-of "bin/main.ml"))
(say "still shown before the save: %s" (and (here) t))
(save-buffer)
(wait-for "nothing is wrong" (lambda () (set-buffer (buffer-of "bin/main.ml")) (not (here))))
(say "gone after the save")
(eglot-shutdown (eglot-current-server))
(say "done")
