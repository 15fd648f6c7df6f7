;;; aid.el --- Describe a change to OCaml code, get a diff that builds  -*- lexical-binding: t -*-

;; Copyright (c) 2026 The AID authors

;; Author: The AID authors
;; Version: 0.1.0
;; Package-Requires: ((emacs "29.1"))
;; Keywords: languages, tools, convenience
;; SPDX-License-Identifier: MIT

;;; Commentary:

;; AID turns a sentence into a diff over .ml, .mli, dune and test files that
;; already builds.  All the work is done by its language server, `aid lsp';
;; this file starts it with Eglot, shows what it says and reports what you do.
;;
;;     (require 'aid)
;;     (aid-setup)
;;     (add-hook 'tuareg-mode-hook #'eglot-ensure)
;;
;; In an OCaml buffer C-c ' ' opens the menu; C-c ' c asks for a
;; change, C-c ' f fixes the error at point, C-c ' q asks a question,
;; C-c ' p opens the page: a Markdown buffer in which you write what you
;; want and send it with C-c C-c.

;;; Code:

(require 'cl-lib)
(require 'eglot)
(require 'flymake)
(require 'subr-x)
(require 'transient)

(defgroup aid nil
  "Describe a change to OCaml code, get a diff that builds."
  :group 'tools
  :prefix "aid-")

(defcustom aid-command '("aid" "lsp")
  "The command that runs AID's language server."
  :type '(repeat string))

(defcustom aid-with-ocamllsp 'if-found
  "Whether AID brings ocamllsp along, as Eglot allows one server a buffer."
  :type '(choice (const :tag "If it is installed" if-found)
                 (const :tag "Always" t)
                 (const :tag "Never" nil)))

(defcustom aid-modes
  '((tuareg-mode :language-id "ocaml") (caml-mode :language-id "ocaml")
    (ocaml-ts-mode :language-id "ocaml") (ocaml-mode :language-id "ocaml")
    (neocaml-mode :language-id "ocaml") (dune-mode :language-id "dune"))
  "The major modes that AID serves, as in `eglot-server-programs'."
  :type 'sexp)

(defcustom aid-save-accepted nil
  "Whether the files of a proposal are saved as soon as it is accepted."
  :type 'boolean)

(defcustom aid-confirm-accepted nil
  "Whether Eglot asks before it edits the files of a proposal you accepted.
How it asks is said by `eglot-confirm-server-edits'."
  :type 'boolean)

(defcustom aid-keymap-prefix "C-c '"
  "The key under which `aid-mode' has its commands; set it before loading."
  :type 'key)

;;;; The connection

;; Eglot has no public name for these; they are alike in Emacs 29 and 30.
(declare-function eglot--pos-to-lsp-position "eglot")
(declare-function eglot--maybe-activate-editing-mode "eglot")
(declare-function eglot--signal-textDocument/didChange "eglot")
(declare-function lsp-find-workspace "ext:lsp-mode")
(declare-function lsp-register-client "ext:lsp-mode")
(declare-function lsp-request-async "ext:lsp-mode")
(declare-function lsp-stdio-connection "ext:lsp-mode")
(declare-function lsp--point-to-position "ext:lsp-mode")
(declare-function make-lsp-client "ext:lsp-mode")
(defvar aid-mode)
(defvar aid-page-mode)
(defvar eglot--cached-server)
(defvar lsp--cur-workspace)

(defconst aid--client (format "aid.el 0.1.0, Emacs %s" emacs-version))

(defconst aid--announces '(:status t :inputBox t :review t)
  "What the server may count on, beside the language server protocol.")

(defvar-local aid--server nil
  "The server of this page, whose file is outside the project.")

(defvar aid--statuses nil
  "The newest status of each workspace, a plist, by its root.")

(defvar aid--waiting (make-hash-table :test #'equal)
  "What to do when a job has ended, by the job.")

(defvar aid--shown (make-hash-table :test #'equal)
  "When each proposal was first shown, by its number.")

;;;###autoload
(defun aid-setup ()
  "Have Eglot start AID in OCaml and dune buffers."
  (unless (executable-find (car aid-command))
    (display-warning 'aid (format "There is no `%s' on `exec-path'; see \
`aid-command'" (car aid-command))))
  (setf (alist-get aid-modes eglot-server-programs nil nil #'equal)
        #'aid--contact)
  (add-hook 'eglot-managed-mode-hook #'aid--managed))

(defun aid--contact (&rest _)
  "Answer with the command and options for Eglot to start AID by."
  (append aid-command
          (and aid-with-ocamllsp
               (or (eq aid-with-ocamllsp t) (executable-find "ocamllsp"))
               '("--with" "ocamllsp"))
          `(:initializationOptions (:client ,aid--announces))))

(defun aid--managed ()
  "Turn on `aid-mode' where Eglot has AID as its server."
  (when (and (eglot-managed-p) (aid--ours-p (eglot-current-server)))
    (aid-mode 1)))

(defun aid--eglot-p (server)
  "Whether SERVER is one of Eglot's."
  (cl-typep server 'eglot-lsp-server))

(defun aid--ours-p (server)
  "Whether SERVER is a live AID, perhaps with ocamllsp beside it."
  (and (aid--eglot-p server)
       (jsonrpc-running-p server)
       (let ((commands (plist-get (eglot--capabilities server)
                                  :executeCommandProvider)))
         (seq-contains-p (plist-get commands :commands) "aid.change"))))

(defun aid--connection ()
  "The server to talk to: of this page, of this buffer, else any other."
  (or (cl-find-if #'aid--ours-p (list aid--server (eglot-current-server)))
      (and (fboundp 'lsp-find-workspace) (lsp-find-workspace 'aid nil))
      (cl-find-if #'aid--ours-p
                  (apply #'append
                         (hash-table-values eglot--servers-by-project)))
      (user-error "AID does not run; visit an OCaml file and try M-x eglot")))

(defun aid--execute (command argument &optional then)
  "Have the server run COMMAND with ARGUMENT; call THEN with its answer.
This never waits; THEN is called in the buffer that is current now."
  (let* ((buffer (current-buffer))
         (server (aid--connection))
         (params (list :command command :arguments (vector argument)))
         (answered (lambda (answer)
                     (when (and then (buffer-live-p buffer))
                       (with-current-buffer buffer
                         (funcall then (aid--plist answer))))))
         (failed (lambda (problem)
                   (message "AID: %s"
                            (plist-get (aid--plist problem) :message)))))
    (if (aid--eglot-p server)
        (progn
          (when (eglot-managed-p) (eglot--signal-textDocument/didChange))
          (jsonrpc-async-request server :workspace/executeCommand params
                                 :success-fn answered :error-fn failed
                                 :timeout 60
                                 :timeout-fn
                                 (lambda ()
                                   (message "AID: no answer to %s" command))))
      (let ((lsp--cur-workspace server))
        (lsp-request-async "workspace/executeCommand" params answered
                           :error-handler failed :mode 'detached)))))

(defun aid--plist (value)
  "VALUE with plists in the place of hash tables, which lsp-mode may use."
  (cond ((hash-table-p value)
         (cl-loop for key being the hash-keys of value using (hash-values item)
                  append (list (intern (format ":%s" key)) (aid--plist item))))
        ((vectorp value) (cl-map 'vector #'aid--plist value))
        (t value)))

(defun aid--job (command argument &optional then)
  "Have the server run COMMAND with ARGUMENT; it answers with a job.
Call THEN with the job when it is done."
  (message "AID: working …")
  (let ((buffer (current-buffer)))
    (aid--execute
     command argument
     (lambda (answer)
       (puthash (plist-get answer :job)
                (lambda (job)
                  (when (and then (buffer-live-p buffer))
                    (with-current-buffer buffer (funcall then job))))
                aid--waiting)
       (dolist (status aid--statuses) (aid--ended (cdr status)))))))

(defun aid--ended (status)
  "Go on with what waited for the jobs that are over by STATUS."
  (seq-doseq (job (plist-get status :jobs))
    (when-let* (((not (equal (plist-get job :state) "running")))
                (then (gethash (plist-get job :job) aid--waiting)))
      (remhash (plist-get job :job) aid--waiting)
      (pcase (plist-get job :state)
        ("done" (funcall then job))
        ("cancelled" (message "AID: cancelled"))))))

(defun aid--heard (status)
  "Take a new STATUS of a workspace."
  (setf (alist-get (plist-get status :root) aid--statuses nil nil #'equal)
        status)
  (force-mode-line-update t)
  (aid--ended status))

(cl-defmethod eglot-handle-notification
  (_server (_method (eql aid/status)) &rest status)
  "Show STATUS in the mode line, and go on with what waited for it."
  (aid--heard status))

(defun aid--page-p (uri)
  "Whether URI is one of AID's pages."
  (string-match-p "/pages?/[^/]*\\.md\\'" (format "%s" uri)))

(cl-defmethod eglot-handle-request :around
  (server (_method (eql window/showDocument)) &rest params)
  "Have SERVER open its pages, which PARAMS may name, as pages."
  (let ((uri (plist-get params :uri))
        (start (plist-get (plist-get params :selection) :start)))
    (if (not (and (aid--ours-p server) (aid--page-p uri)))
        (cl-call-next-method)
      (run-with-timer 0 nil #'aid--visit uri (plist-get start :line) server t)
      '(:success t))))

(cl-defmethod eglot-handle-request :around
  (server (_method (eql workspace/applyEdit)) &rest params)
  "Have SERVER apply what you accepted without asking once more.
What it writes on a page is applied quietly.  PARAMS has the edit."
  (let* ((edit (plist-get params :edit))
         (label (or (plist-get params :label) ""))
         (uris (append (mapcar (lambda (one)
                                 (plist-get (plist-get one :textDocument) :uri))
                               (plist-get edit :documentChanges))
                       (cl-loop for (uri) on (plist-get edit :changes)
                                by #'cddr collect uri))))
    (cond ((not (aid--ours-p server)) (cl-call-next-method))
          ((seq-every-p #'aid--page-p uris)
           (let ((inhibit-message t) message-log-max eglot-confirm-server-edits)
             (prog1 (cl-call-next-method)
               (mapc #'aid--tell uris))))
          ((or aid-confirm-accepted (not (string-prefix-p "AID" label)))
           (cl-call-next-method))
          (t (let (eglot-confirm-server-edits) (cl-call-next-method))))))

(defun aid--tell (uri)
  "Send the server at once the present text of the page at URI.
Eglot alone would wait until Emacs idles, and so would the next words."
  (when-let* ((buffer (find-buffer-visiting (aid--path uri))))
    (with-current-buffer buffer
      (when (eglot-managed-p) (eglot--signal-textDocument/didChange)))))

(defun aid--uri (&optional file)
  "The URI of FILE, or of this buffer's."
  (let ((file (or file buffer-file-name
                  (user-error "This buffer has no file"))))
    (if (fboundp 'eglot-path-to-uri) (eglot-path-to-uri file)
      (with-no-warnings (eglot--path-to-uri file)))))

(defun aid--path (uri)
  "The file of URI."
  (if (fboundp 'eglot-uri-to-path) (eglot-uri-to-path uri)
    (with-no-warnings (eglot--uri-to-path uri))))

(defun aid--position (position)
  "POSITION as the server counts it."
  (save-excursion
    (if (bound-and-true-p lsp-mode) (lsp--point-to-position position)
      (eglot--pos-to-lsp-position position))))

(defun aid--range (beg end)
  "The range from BEG to END as the server counts it."
  (list :start (aid--position beg) :end (aid--position end)))

(defun aid--place ()
  "Where point is, or the region; nothing in a page."
  (unless (or aid-page-mode (not buffer-file-name))
    (list :uri (aid--uri)
          :range (if (use-region-p) (aid--range (region-beginning) (region-end))
                   (aid--range (point) (point))))))

;;;; Asking

(defvar aid-history nil "What you asked AID for.")

(defun aid--read (prompt)
  "Read a sentence behind PROMPT and a word on the place that it is about."
  (let* ((place (cond ((use-region-p) " in the region")
                      ((or aid-page-mode (not buffer-file-name)) "")
                      (t (format " at %s:%d" (buffer-name)
                                 (line-number-at-pos)))))
         (said (read-string (format "AID, %s%s: " prompt place)
                            nil 'aid-history)))
    (if (string-blank-p said) (user-error "Nothing to do")
      (string-trim said))))

;;;###autoload
(defun aid-change (instruction)
  "Ask for the change that INSTRUCTION describes, at point or in the region.
The answer is a proposal: a diff with what the compiler said of it."
  (interactive (list (aid--read "change")))
  (aid--job "aid.change" `(:instruction ,instruction ,@(aid--place))
            #'aid--offered))

;;;###autoload
(defun aid-fix ()
  "Ask for a fix of the error at point.
If there is none, of the next one in this buffer, else of one elsewhere."
  (interactive)
  (aid--job "aid.fix" (or (aid--diagnostic)
                          (user-error "AID knows of no error here"))
            #'aid--offered))

;;;###autoload
(defun aid-ask (question)
  "Ask QUESTION about the code at point or in the region.
The answer is written on the page while it comes."
  (interactive (list (aid--read "question")))
  (let ((server (aid--connection))
        (asked `(:question ,question :open :json-false ,@(aid--place))))
    ;; The page is opened first, so that the answer comes into its buffer.
    (aid--execute "aid.page"
                  `(:open :json-false
                    ,@(and buffer-file-name (list :uri (aid--uri))))
                  (lambda (page)
                    (aid--visit (plist-get page :uri) nil server)
                    (aid--execute
                     "aid.ask" asked
                     (lambda (answer)
                       (aid--visit (plist-get answer :uri)
                                   (plist-get answer :line) server)
                       (puthash (plist-get answer :job)
                                (lambda (_) (aid--save (plist-get answer :uri)))
                                aid--waiting)))))))

(defun aid--save (uri)
  "Save the page at URI, quietly."
  (when-let* ((buffer (find-buffer-visiting (aid--path uri))))
    (with-current-buffer buffer
      (let ((inhibit-message t))
        (when (buffer-modified-p) (save-buffer))))))

(defun aid-cancel ()
  "Stop everything that AID is doing."
  (interactive)
  (aid--execute "aid.cancel" (list :client aid--client)))

(defun aid--diagnostic ()
  "The error to fix, as `aid.fix' takes it; nil if there is none."
  (cl-flet ((errors (list)
              (seq-filter (lambda (one)
                            (memq (flymake-diagnostic-type one)
                                  '(eglot-error :error)))
                          list)))
    (if-let* ((one (car (or (errors (flymake-diagnostics (point)))
                            (errors (flymake-diagnostics (pos-bol) (pos-eol)))
                            (errors (flymake-diagnostics (point) (point-max)))
                            (errors (flymake-diagnostics))))))
        (list :uri (aid--uri)
              :diagnostic
              (or (alist-get 'eglot-lsp-diag (flymake-diagnostic-data one))
                  (list :severity 1 :message (flymake-diagnostic-text one)
                        :range (aid--range (flymake-diagnostic-beg one)
                                           (flymake-diagnostic-end one)))))
      (cl-loop
       for (file . list) in flymake-list-only-diagnostics
       for one = (car (errors list))
       when one return
       (pcase-let* ((`(,line . ,column) (flymake-diagnostic-beg one))
                    (start (list :line (1- line) :character (1- column)))
                    (text (flymake-diagnostic-text one)))
         (list :uri (aid--uri file)
               :diagnostic
               (list :severity 1 :range (list :start start :end start)
                     :message (string-trim-left text "[^:\n]*: "))))))))

;;;; Proposals

(defun aid--open ()
  "The open proposals that AID told of, the newest first."
  (reverse (mapcan (lambda (status)
                     (append (plist-get (cdr status) :proposals) nil))
                   aid--statuses)))

(defun aid--proposal ()
  "The number of the proposal at point on a page, else of the newest one."
  (or (aid--proposal-here)
      (plist-get (car (aid--open)) :proposal)
      (user-error "No proposal is open")))

(defun aid--offered (job)
  "Show the proposal that JOB made, and say how it stands."
  (when-let* ((number (plist-get job :proposal)))
    (aid-show number t)
    (aid--execute
     "aid.proposal" (list :proposal number)
     (lambda (it)
       (message "AID: proposal %s is %s, %s. %s accepts it, %s goes to it"
                number (plist-get it :headline) (plist-get it :size)
                (substitute-command-keys "\\[aid-accept]")
                (substitute-command-keys "\\[aid-show]"))))))

(defun aid-show (number &optional beside)
  "Open the page of proposal NUMBER; with BESIDE, leave point where it is."
  (interactive (list (aid--proposal)))
  (let ((server (aid--connection)))
    (aid--execute "aid.show" (list :proposal number :open :json-false)
                  (lambda (answer)
                    (unless (gethash number aid--shown)
                      (puthash number (float-time) aid--shown))
                    (aid--report number (if beside "shown" "opened"))
                    (aid--visit (plist-get answer :page) "^## Verdict" server
                                (not beside))))))

(defun aid-accept (number &optional part)
  "Apply proposal NUMBER, or only PART of it.
Interactively, the prefix argument takes the part at point: a hunk, or the
file when point is on the first lines of its diff."
  (interactive (list (aid--proposal)
                     (and current-prefix-arg (aid--part-here))))
  (aid--job "aid.accept" `(:proposal ,number ,@part)
            (lambda (_)
              (aid--report number (if part "partly-accepted" "accepted"))
              (message "AID: proposal %s is applied%s" number
                       (if part " in part" ""))
              (unless part (aid--close number))
              (when aid-save-accepted
                (save-some-buffers t (lambda () aid-mode))))))

(defun aid-reject (number)
  "Turn proposal NUMBER down."
  (interactive (list (aid--proposal)))
  (aid--execute "aid.reject" (list :proposal number)
                (lambda (_)
                  (aid--report number "rejected")
                  (message "AID: proposal %s is rejected" number)
                  (aid--close number))))

(defun aid-refine (number instruction)
  "Ask for a proposal in place of NUMBER, different by INSTRUCTION."
  (interactive (let ((number (aid--proposal)))
                 (list number
                       (aid--read (format "proposal %s should" number)))))
  (aid--report number "refined")
  (aid--job "aid.refine" (list :proposal number :instruction instruction)
            (lambda (job) (aid--close number) (aid--offered job))))

(defun aid--close (number)
  "Put the page of proposal NUMBER away."
  (dolist (buffer (buffer-list))
    (when (string-suffix-p (format "/proposal-%s.md" number)
                           (or (buffer-file-name buffer) ""))
      (quit-windows-on buffer))))

(defun aid--report (number event)
  "Tell the journal that you did EVENT with proposal NUMBER; no text."
  (let ((since (gethash number aid--shown (float-time))))
    (aid--execute "aid.report"
                  (list :proposal number :event event :client aid--client
                        :elapsed_ms (round (* 1000 (- (float-time) since)))))))

;;;; The page

(defun aid--on-page (command argument &optional select)
  "Run COMMAND with ARGUMENT and the place at point, and show the page.
With SELECT go there."
  (let ((server (aid--connection)))
    (aid--execute command `(:open :json-false ,@argument ,@(aid--place))
                  (lambda (answer)
                    (aid--visit (plist-get answer :uri)
                                (plist-get answer :line) server select)))))

;;;###autoload
(defun aid-page (&optional new)
  "Open the page of this workspace, where you ask and read.
With prefix argument NEW begin a new one and keep the old one."
  (interactive "P")
  (aid--on-page "aid.page" (and new (list :new t)) t))

(defun aid-append (what)
  "Append WHAT to the page.
That is the region, or `file', `diagnostic' (at point) or `build'."
  (interactive
   (list (if (use-region-p) "region"
           (completing-read "Append: " '("file" "diagnostic" "build") nil t))))
  (aid--on-page "aid.append"
                `(:what ,what ,@(and (equal what "diagnostic")
                                     (cddr (aid--diagnostic))))))

(defun aid-send (&optional as)
  "Send what is written at point on the page; the answer comes below it.
AS says how it is meant: `ask', `change' or `refine'.  Interactively, the
prefix argument asks for that; without, the text says it."
  (interactive (list (and current-prefix-arg
                          (completing-read
                           "As: " '("ask" "change" "refine") nil t))))
  (save-buffer)
  (when (eq (window-buffer) (current-buffer)) (recenter 2))
  (if-let* ((number (aid--page-number)))
      (aid--job "aid.refine" (list :proposal number :uri (aid--uri))
                #'aid--offered)
    (aid--job "aid.send"
              `(:uri ,(aid--uri) :position ,(aid--position (point))
                     ,@(and as (list :as as)))
              (lambda (job)
                (aid--save (aid--uri))
                (when-let* ((made (plist-get job :proposal)))
                  (puthash made (float-time) aid--shown)
                  (aid--report made "shown"))
                (message "AID: %s" (plist-get job :message))))))

(defun aid--visit (uri where server &optional select)
  "Show the page at URI; WHERE is a line from 0, or a pattern for its line.
SERVER is the page's.  With SELECT go there."
  (let ((buffer (find-file-noselect (aid--path uri))))
    (with-current-buffer buffer
      (setq aid--server server)
      (unless aid-page-mode (aid-page-mode 1))
      (goto-char (point-min))
      (cond ((not (stringp where)) (forward-line (or where 0)))
            ((re-search-forward where nil t) (goto-char (pos-bol)))))
    (when-let* ((point (with-current-buffer buffer (point)))
                (window (if select (get-buffer-window (pop-to-buffer buffer))
                          (display-buffer buffer))))
      (set-window-point window point)
      ;; What comes is written below: let it come into sight.
      (unless (and select (not (stringp where)))
        (set-window-start window point)))))

(defun aid--attach ()
  "Have the server see this page as an open document.
Where Eglot cannot do that, follow the page's file."
  (setq-local eglot-stay-out-of '(flymake eldoc company imenu xref))
  (unless (or (eglot-managed-p) (bound-and-true-p lsp-mode))
    (condition-case nil
        (progn (setq eglot--cached-server aid--server)
               (eglot--maybe-activate-editing-mode))
      (error (setq eglot--cached-server nil))))
  (unless (eglot-managed-p) (auto-revert-mode 1)))

(defun aid--page-number ()
  "The number of the proposal that this is the page of, or nil."
  (and buffer-file-name
       (string-match "/proposal-\\([0-9]+\\)\\.md\\'" buffer-file-name)
       (match-string 1 buffer-file-name)))

(defun aid--proposal-here ()
  "The number of the proposal at point on a page, or nil."
  (when aid-page-mode
    (or (aid--page-number)
        (save-excursion
          (end-of-line)
          (and (re-search-backward "^#+ .*\\_<[Pp]roposal \\([0-9]+\\)" nil t)
               (match-string-no-properties 1))))))

(defun aid--part-here ()
  "The hunk or file at point on a page, as `aid.accept' takes it."
  (save-excursion
    (end-of-line)
    (let ((here (point)) (index -1))
      (unless (re-search-backward "^\\+\\+\\+ \\(?:b/\\)?\\([^\t\n]+\\)" nil t)
        (user-error "There is no diff at point"))
      (let ((path (match-string-no-properties 1)))
        (while (re-search-forward "^@@ " here t) (cl-incf index))
        (if (< index 0) (list :files (vector path))
          (list :hunks (vector (list :path path :index index))))))))

(defun aid-next-diff (&optional count)
  "Move to the next hunk of the page, COUNT times."
  (interactive "p")
  (dotimes (_ (abs (or count 1)))
    (let ((forward (> (or count 1) 0)))
      (if forward (end-of-line) (beginning-of-line))
      (unless (if forward (re-search-forward "^@@ " nil t)
                (re-search-backward "^@@ " nil t))
        (user-error "There is no further diff"))
      (beginning-of-line)))
  (when (eq (window-buffer) (current-buffer)) (recenter 2)))

(defun aid-previous-diff (&optional count)
  "Move to the previous hunk of the page, COUNT times."
  (interactive "p")
  (aid-next-diff (- (or count 1))))

(defun aid-goto-source ()
  "Go to the line of code that the diff at point is about."
  (interactive)
  (let* ((part (aid--part-here)) (here (pos-bol)) (line 1)
         (path (or (plist-get (seq-first (plist-get part :hunks)) :path)
                   (seq-first (plist-get part :files))))
         (file (seq-find #'file-exists-p
                         (mapcar (lambda (status)
                                   (expand-file-name path (car status)))
                                 aid--statuses))))
    (save-excursion
      (end-of-line)
      (when (and (plist-get part :hunks)
                 (re-search-backward "^@@ -\\([0-9]+\\)" nil t))
        (setq line (string-to-number (match-string 1)))
        (while (and (zerop (forward-line)) (< (point) here))
          (unless (looking-at-p "\\+") (cl-incf line)))))
    (find-file-other-window (or file (user-error "There is no %s" path)))
    (goto-char (point-min))
    (forward-line (1- line))))

(defvar-keymap aid-page-mode-map
  :doc "Keys of AID's pages."
  "C-c C-c" #'aid-send
  "C-c C-n" #'aid-next-diff
  "C-c C-p" #'aid-previous-diff
  "C-c C-a" #'aid-accept
  "C-c C-k" #'aid-reject
  "C-c C-r" #'aid-refine
  "C-c C-o" #'aid-goto-source
  "C-c C-z" #'aid-cancel)

(defconst aid--page-faces
  '(("^@@ .*$" 0 'diff-hunk-header prepend)
    ("^\\(?:---\\|\\+\\+\\+\\) .*$" 0 'diff-file-header prepend)
    ("^\\+.*$" 0 'diff-added keep)
    ("^-.*$" 0 'diff-removed keep)
    ("^#+ .*$" 0 'bold prepend))
  "How a page is coloured, whatever its major mode.")

;;;###autoload
(define-minor-mode aid-page-mode
  "Ask AID, read its answers and decide on its proposals in Markdown.

\\{aid-page-mode-map}"
  :lighter nil
  (if (not aid-page-mode)
      (font-lock-remove-keywords nil aid--page-faces)
    (require 'diff-mode)
    (font-lock-add-keywords nil aid--page-faces t)
    (font-lock-mode 1)
    (aid--attach)
    (aid-mode 1))
  (font-lock-flush))

;;;; Seen everywhere

(defun aid--lighter ()
  "The word in the mode line: build, waiting proposals, running job."
  (let* ((file (expand-file-name (or buffer-file-truename "")))
         (status (or (cdr (seq-find (lambda (one)
                                      (string-prefix-p
                                       (file-name-as-directory (car one)) file))
                                    aid--statuses))
                     (cdar aid--statuses)))
         (build (plist-get status :build))
         (errors (plist-get build :errors))
         (open (length (plist-get status :proposals)))
         (job (seq-find (lambda (job) (equal (plist-get job :state) "running"))
                        (plist-get status :jobs)))
         (doing (and job (or (plist-get job :message) (plist-get job :title)))))
    (concat
     " AID["
     (pcase (plist-get build :state)
       ("green" (propertize "ok" 'face 'success))
       ("red" (propertize (if (eql errors 1) "1 error"
                            (format "%s errors" errors))
                          'face 'error))
       ("building" "building")
       (_ "?"))
     (if (> open 0) (format ", %d open" open) "")
     (if doing
         (concat ", " (truncate-string-to-width doing 40 nil nil "…"))
       "")
     "]")))

(transient-define-prefix aid-menu ()
  "Everything that AID does."
  [:description
   (lambda () (string-trim (aid--lighter)))
   ["Ask for"
    ("c" "a change" aid-change)
    ("f" "a fix of the error" aid-fix)
    ("q" "an answer" aid-ask)
    ("x" "stop what runs" aid-cancel)]
   ["Proposal"
    ("v" "view" aid-show)
    ("a" "accept" aid-accept)
    ("k" "reject" aid-reject)
    ("r" "refine" aid-refine)]
   ["Page"
    ("p" "open" aid-page)
    ("i" "append to it" aid-append)]])

(defvar-keymap aid-command-map
  :doc "AID's commands, a letter each."
  "c" #'aid-change "f" #'aid-fix "q" #'aid-ask "x" #'aid-cancel
  "v" #'aid-show "a" #'aid-accept "k" #'aid-reject "r" #'aid-refine
  "p" #'aid-page "i" #'aid-append "'" #'aid-menu "?" #'aid-menu)

(defvar aid-mode-map
  (let ((map (make-sparse-keymap)))
    (keymap-set map aid-keymap-prefix aid-command-map)
    map)
  "Keys of `aid-mode'.")

;;;###autoload
(define-minor-mode aid-mode
  "AID's keys, and its word in the mode line.

\\{aid-mode-map}"
  :lighter (:eval (aid--lighter)))

;;;; lsp-mode

(defun aid-setup-lsp-mode ()
  "Have lsp-mode start AID in OCaml buffers, beside their other servers."
  (lsp-register-client
   (make-lsp-client
    :new-connection (lsp-stdio-connection (lambda () aid-command))
    :activation-fn (lambda (_file mode) (assq mode aid-modes))
    :add-on? t
    :server-id 'aid
    :initialization-options (lambda () (list :client aid--announces))
    :notification-handlers
    (let ((handlers (make-hash-table :test #'equal)))
      (puthash "aid/status"
               (lambda (_workspace status) (aid--heard (aid--plist status)))
               handlers)
      handlers)))
  (add-hook 'lsp-mode-hook #'aid-mode))

(provide 'aid)
;;; aid.el ends here
