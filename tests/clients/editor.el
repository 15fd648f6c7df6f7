;;; editor.el --- drives a real Emacs with plain Eglot  -*- lexical-binding: t -*-

;; What a user's init file holds (the README's lines), then a small vocabulary for the scenarios: wait, action, say.

(require 'eglot)
(define-derived-mode ocaml-mode prog-mode "OCaml")
(add-to-list 'auto-mode-alist '("\\.mli?\\'" . ocaml-mode))
(add-to-list 'eglot-server-programs (cons 'ocaml-mode (split-string (getenv "AID_COMMAND"))))
(setq eglot-confirm-server-edits nil   ; batch has nobody to ask
      eglot-sync-connect 60
      eglot-autoshutdown t
      make-backup-files nil
      create-lockfiles nil
      auto-save-default nil)

;; Both the page and other files change the current folder.
(defvar root default-directory)
(defun buffer-of (file) (find-buffer-visiting (expand-file-name file root)))

(defvar said nil "Every line the scenario printed.")
(defun say (format &rest arguments)
  (let ((line (apply #'format format arguments)))
    (push line said)
    (princ (concat "@ " line "\n"))))

(defvar patience 180 "Seconds to wait for anything: a wait that ends well costs no more, however busy the machine.")

(defun wait-for (what predicate)
  "Wait until PREDICATE holds, serving the process pipes meanwhile."
  (let ((end (+ (float-time) patience)) value)
    (while (and (not (setq value (funcall predicate))) (< (float-time) end))
      (accept-process-output nil 0.05))
    (or value
        (progn (say "timeout: %s" what)
               (say "messages: %s" (with-current-buffer "*Messages*" (buffer-string)))
               (when-let ((server (eglot-current-server)))
                 (when-let ((buffer (jsonrpc-stderr-buffer server)))
                   (say "stderr: %s" (with-current-buffer buffer (buffer-string)))))
               (kill-emacs 3)))))

(defun visit (file)
  (find-file file)
  (unless (eglot-managed-p)
    (apply #'eglot--connect (eglot--guess-contact))
    (wait-for "eglot manages the buffer" #'eglot-managed-p)))

(defun titles ()
  (mapcar (lambda (action) (plist-get action :title)) (eglot-code-actions (point) (point) nil)))

(defun run-action (pattern)
  "Wait for the code action at point whose title matches PATTERN, and run it."
  (let ((action (wait-for (concat "action " pattern)
                          (lambda ()
                            (seq-find (lambda (a) (string-match-p pattern (plist-get a :title)))
                                      (ignore-errors (eglot-code-actions (point) (point) nil)))))))
    (eglot-execute (eglot-current-server) action)))

(defun text-of (file)
  "The text of FILE's buffer; empty if it is not visited."
  (if (buffer-of file) (with-current-buffer (buffer-of file) (buffer-string)) ""))

(defun pages ()
  (seq-filter (lambda (b) (and (buffer-file-name b) (string-match-p "proposal-.*\\.md\\'" (buffer-file-name b)))) (buffer-list)))
