;;; cancel.el --- a model that answers slowly is cancelled from Emacs  -*- lexical-binding: t -*-

(load (expand-file-name "editor.el" (file-name-directory load-file-name)) nil t)

(defvar progress nil)
(advice-add 'eglot-handle-notification :before
            (lambda (_server method &rest params)
              (when (eq method '$/progress)
                (let ((value (plist-get params :value)))
                  (push (format "%s %s" (plist-get value :kind) (plist-get value :message)) progress)))))
(defun seen (pattern) (seq-find (lambda (line) (string-match-p pattern line)) progress))

(visit "lib/stock.ml")
(goto-char (point-min))
(insert "(* AID: keep a list of suppliers *)\n")
(forward-line -1)
(run-action "\\`AID: keep a list of suppliers")
(say "progress: %s" (replace-regexp-in-string "[0-9]+" "N" (wait-for "words of the model" (lambda () (seen " words?")))))
(wait-for "the action that cancels" (lambda () (member "AID: cancel job" (titles))))
(say "actions while it runs: %s" (seq-find (lambda (title) (string-match-p "cancel" title)) (titles)))
(run-action "\\`AID: cancel job")
(wait-for "the end of the progress" (lambda () (seen "\\`end")))
(wait-for "nothing to cancel" (lambda () (not (member "AID: cancel job" (titles)))))
(say "cancelled")
(set-buffer-modified-p nil)
(eglot-shutdown (eglot-current-server))
(say "done")
