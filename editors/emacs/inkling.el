;;; inkling.el --- Offline completion from your own files -*- lexical-binding: t -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1") (jsonrpc "1.0.14"))
;; Keywords: convenience, languages
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Inkling completes words, shows what probably follows, and marks slips, from models of your own files.  Nothing leaves the machine.
;;
;;   (add-to-list 'load-path "/path/to/inkling/editors/emacs")
;;   (require 'inkling)
;;   (inkling-global-mode)
;;
;; starts the server by Eglot in text and code that no other server has.  With lsp-mode it is registered as a server beside the others:
;; `M-x lsp' starts it, and `inkling-global-mode' is not needed.
;;
;; M-x inkling-ghost-mode: ghost text.  M-x inkling-heat-mode: how surprising text is.

;;; Code:

(require 'cl-lib)
(require 'project)
(require 'jsonrpc)

(defgroup inkling nil
  "Offline completion from your own files."
  :group 'convenience)

(defcustom inkling-program "inkling"
  "The program, a name on the PATH or a path."
  :type 'string)

(defcustom inkling-arguments nil
  "Arguments of `inkling serve', such as (\"--model\" \"/path/to/model\")."
  :type '(repeat string))

(defcustom inkling-settings nil
  "Settings as a property list, such as (:completion (:limit 10)).
Those of docs/settings.schema.json; taken up when a server starts."
  :type 'plist)

(defcustom inkling-modes '(text-mode prog-mode conf-mode)
  "Where Inkling serves: these major modes and those derived from them."
  :type '(repeat symbol))

(defcustom inkling-disabled-modes nil
  "Where Inkling does not serve although it is in `inkling-modes'."
  :type '(repeat symbol))

(defcustom inkling-hover nil
  "Whether Eldoc shows how probable the token at point is."
  :type 'boolean)

(defface inkling-ghost '((t :inherit shadow))
  "Ghost text.")

;;; Where it serves

(defun inkling-wanted-p ()
  "Whether Inkling serves the major mode of this buffer."
  (and (apply #'derived-mode-p inkling-modes)
       (not (and inkling-disabled-modes (apply #'derived-mode-p inkling-disabled-modes)))))

(defun inkling-project (directory)
  "The project of DIRECTORY by a folder .inkling, where no version control has one.
The home folder is none: the server leaves it alone, too."
  (let ((root (locate-dominating-file directory ".inkling")))
    (when (and root (not (file-equal-p root "~/")))
      (cons 'transient (expand-file-name root)))))

(add-hook 'project-find-functions #'inkling-project 90)

(defvar inkling--said-missing nil)

(defun inkling--program ()
  "The path of the program, or nil after a message."
  (or (executable-find inkling-program)
      (unless inkling--said-missing
        (setq inkling--said-missing t)
        (display-warning
         'inkling
         (format "%s: is no program on the PATH (make install, or set inkling-program)" inkling-program))
        nil)))

;;; The order of candidates

(defun inkling--try-completion (string table pred point)
  "What STRING of TABLE and PRED can be completed to, with POINT at its end."
  (let ((result (try-completion string table pred)))
    (cond ((stringp result) (cons result (length result)))
          (result result)
          ;; Words that do not begin with what is typed are offered, too.
          ((inkling--all-completions string table pred point) (cons string point)))))

(defun inkling--all-completions (string table pred _point)
  "All that the server gave for STRING of TABLE and PRED, in its order."
  (let ((all (all-completions string table pred)))
    (when all (nconc (copy-sequence all) 0))))

(add-to-list 'completion-styles-alist
             '(inkling inkling--try-completion inkling--all-completions
                       "Whatever the server gave, in its order."))

(defun inkling--keep-order ()
  "Makes completion in this buffer keep the server's candidates and their order."
  ;; Other styles drop words that do not begin with what is typed, or sort by their own score.
  (setq-local completion-category-overrides
              (append '((eglot (styles inkling)) (eglot-capf (styles inkling)))
                      completion-category-overrides))
  (setq-local corfu-preselect 'prompt)
  (when (boundp 'company-active-map) (inkling--leave-return-to-buffer)))

(declare-function company-explicit-action-p "ext:company")
(declare-function company-complete-selection "ext:company")
(declare-function company-abort "ext:company")
(defvar company-active-map)

(defun inkling-company-return ()
  "Accept the candidate if one was chosen; else end the line."
  (interactive)
  (if (company-explicit-action-p)
      (company-complete-selection)
    (company-abort)
    (let ((command (key-binding (kbd "RET"))))
      (setq this-command command)
      (call-interactively command))))

(defun inkling--leave-return-to-buffer ()
  "Make Return end lines in this buffer, and TAB accept, while Company shows a list."
  (let ((map (make-sparse-keymap)))
    (set-keymap-parent map company-active-map)
    ;; Keys that mean something else by now are the user's.
    (pcase-dolist (`(,key ,before ,after)
                   `(("\r" company-complete-selection inkling-company-return)
                     ([return] company-complete-selection inkling-company-return)
                     ("\t" company-complete-common company-complete-selection)
                     ([tab] company-complete-common company-complete-selection)))
      (when (eq (lookup-key company-active-map key) before) (define-key map key after)))
    (setq-local company-active-map map)))

;;; Eglot

(declare-function eglot "ext:eglot")
(declare-function eglot-current-server "ext:eglot")
(declare-function eglot-managed-p "ext:eglot")
(declare-function eglot-shutdown "ext:eglot")
(declare-function eglot--signal-textDocument/didChange "ext:eglot")
(declare-function eglot--TextDocumentPositionParams "ext:eglot")
(declare-function eglot--TextDocumentIdentifier "ext:eglot")
(declare-function eglot--lsp-position-to-point "ext:eglot")
(declare-function eglot--pos-to-lsp-position "ext:eglot")
(defvar eglot-server-programs)
(defvar eglot-ignored-server-capabilities)

(with-eval-after-load 'eglot
  (require 'eieio)
  (defclass inkling-eglot-server (eglot-lsp-server) ()
    :documentation "The server of Inkling, as Eglot knows it.")
  ;; Behind all others: `M-x eglot' offers it where there is no server of the language.
  (add-to-list 'eglot-server-programs (cons 'text-mode #'inkling-eglot-contact) t)
  (add-hook 'eglot-managed-mode-hook #'inkling--managed))

(defun inkling-eglot-contact (&optional _interactive)
  "How Eglot starts the server."
  (append (list 'inkling-eglot-server inkling-program "serve") inkling-arguments
          (when inkling-settings (list :initializationOptions inkling-settings))))

(defun inkling--eglot-server ()
  "The server of this buffer if Eglot has it and it is Inkling's."
  (and (fboundp 'eglot-managed-p) (eglot-managed-p)
       (let ((server (eglot-current-server)))
         (and server (object-of-class-p server 'inkling-eglot-server) server))))

(defun inkling--managed ()
  "Called in each buffer that Eglot takes over or gives up."
  (when (inkling--eglot-server) (inkling--keep-order)))

(defun inkling--start (buffer)
  "Start the server for BUFFER by Eglot, unless it has one."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (when (and (bound-and-true-p inkling-mode) buffer-file-name
                 (not (bound-and-true-p lsp-mode)) (require 'eglot nil t)
                 (not (eglot-managed-p)) (inkling--program))
        (unless inkling-hover
          (setq-local eglot-ignored-server-capabilities
                      (cons :hoverProvider eglot-ignored-server-capabilities)))
        (let ((eglot-server-programs
               (list (cons major-mode (inkling-eglot-contact)))))
          (call-interactively #'eglot))))))

;;;###autoload
(define-minor-mode inkling-mode
  "Completion and marks of Inkling in this buffer, by Eglot."
  :lighter " Inkling"
  (cond
   (inkling-mode
    ;; Major modes and local variables are set up by then.
    (run-with-timer 0 nil #'inkling--start (current-buffer)))
   ((inkling--eglot-server) (eglot-shutdown (inkling--eglot-server)))))

(defun inkling--turn-on ()
  "Turn `inkling-mode' on in files that Inkling serves."
  (when (and buffer-file-name (inkling-wanted-p)) (inkling-mode)))

;;;###autoload
(define-globalized-minor-mode inkling-global-mode inkling-mode inkling--turn-on
  :group 'inkling)

;;; lsp-mode

(declare-function lsp-register-client "ext:lsp-mode")
(declare-function make-lsp-client "ext:lsp-mode")
(declare-function lsp-stdio-connection "ext:lsp-mode")
(declare-function lsp-workspaces "ext:lsp-mode")
(declare-function lsp--workspace-client "ext:lsp-mode")
(declare-function lsp--client-server-id "ext:lsp-mode")
(declare-function lsp-request-async "ext:lsp-mode")
(declare-function lsp-cancel-request-by-token "ext:lsp-mode")
(declare-function lsp--text-document-position-params "ext:lsp-mode")
(declare-function lsp--text-document-identifier "ext:lsp-mode")
(declare-function lsp--line-character-to-point "ext:lsp-mode")
(declare-function lsp--point-to-position "ext:lsp-mode")
(declare-function lsp-workspace-restart "ext:lsp-mode")
(declare-function lsp-notify "ext:lsp-mode")
(defvar lsp--cur-workspace)

(defun inkling-lsp-command ()
  "How lsp-mode starts the server.  It counts code points, whatever it says."
  (append (list inkling-program "serve" "--position-encoding" "utf-32") inkling-arguments))

(with-eval-after-load 'lsp-mode
  (lsp-register-client
   (make-lsp-client
    :new-connection (lsp-stdio-connection #'inkling-lsp-command)
    :activation-fn (lambda (&rest _) (inkling-wanted-p))
    :initialization-options (lambda () inkling-settings)
    :add-on? t
    :priority -10
    :server-id 'inkling))
  (add-hook 'lsp-configure-hook #'inkling--lsp-configured)
  (advice-add 'lsp--indent-lines :around #'inkling--indent-lines))

(defun inkling--indent-lines (indent start end &rest arguments)
  "Call INDENT with START, END and ARGUMENTS where there is a line to indent.
lsp-mode 8 indents the last line of a buffer that has no line end, too, though
only a word was put into it, which leaves a tab behind the word."
  (unless (= (line-number-at-pos start) (line-number-at-pos end))
    (apply indent start end arguments)))

(defun inkling--lsp-configured ()
  "Called in each buffer that lsp-mode has set up; it keeps the order itself."
  (when (and (boundp 'company-active-map) (inkling--lsp-workspace))
    (inkling--leave-return-to-buffer)))

(defun inkling--lsp-workspace ()
  "The workspace of this buffer that lsp-mode has with Inkling."
  (and (bound-and-true-p lsp-mode)
       (cl-find-if (lambda (workspace)
                     (eq (lsp--client-server-id (lsp--workspace-client workspace)) 'inkling))
                   (lsp-workspaces))))

;;; Requests, whichever client it is

(defun inkling-get (object &rest keys)
  "What stands in OBJECT, a property list or a hash table, under KEYS in turn."
  (dolist (key keys object)
    (setq object (cond ((hash-table-p object) (gethash (substring (symbol-name key) 1) object))
                       ((consp object) (plist-get object key))))))

(defun inkling-true (value)
  "VALUE, or nil where it is JSON's null or false."
  (and value (not (memq value '(:json-false :null))) value))

(defun inkling--list (value)
  "VALUE, a JSON array, as a list."
  (append value nil))

(defun inkling-active-p ()
  "Whether a server of Inkling has this buffer."
  (or (inkling--eglot-server) (inkling--lsp-workspace)))

(defun inkling--document ()
  "The parameter textDocument of this buffer."
  (if (inkling--eglot-server) (eglot--TextDocumentIdentifier) (lsp--text-document-identifier)))

(defun inkling--place ()
  "The parameters textDocument and position of point."
  (if (inkling--eglot-server) (eglot--TextDocumentPositionParams) (lsp--text-document-position-params)))

(defun inkling--position (point)
  "POINT as a position of the protocol."
  (if (inkling--eglot-server) (eglot--pos-to-lsp-position point) (lsp--point-to-position point)))

(defun inkling--point (position)
  "POSITION of the protocol as a point."
  (if (inkling--eglot-server)
      (eglot--lsp-position-to-point
       (list :line (inkling-get position :line) :character (inkling-get position :character)))
    (lsp--line-character-to-point (inkling-get position :line) (inkling-get position :character))))

(defvar-local inkling--pending nil
  "Alist of tokens and the ids of the requests that are not answered yet.")

(defun inkling-cancel (token)
  "Cancel the request with TOKEN, if it is not answered yet."
  (let ((server (inkling--eglot-server))
        (id (alist-get token inkling--pending)))
    (cond
     ((and server id)
      (setf (alist-get token inkling--pending nil t) nil)
      (remhash id (jsonrpc--request-continuations server))
      (jsonrpc-notify server '$/cancelRequest (list :id id)))
     ((and (not server) (inkling--lsp-workspace)) (lsp-cancel-request-by-token token)))))

(cl-defun inkling-request (method params callback &key token)
  "Ask METHOD, a string, with PARAMS; call CALLBACK in this buffer with the answer.
A request with the same TOKEN that is not answered yet is cancelled.
What fails is a message, but with a token."
  (when token (inkling-cancel token))
  (let* ((buffer (current-buffer))
         (server (inkling--eglot-server))
         (answer (lambda (result)
                   (when (buffer-live-p buffer)
                     (with-current-buffer buffer
                       (when token (setf (alist-get token inkling--pending nil t) nil))
                       (funcall callback result)))))
         (fail (lambda (error)
                 (unless token (message "inkling: %s" (or (inkling-get error :message) error))))))
    (cond
     (server
      ;; Eglot keeps what is typed back for a while.
      (eglot--signal-textDocument/didChange)
      (let ((id (car (jsonrpc--async-request-1
                      server (intern method) params
                      :success-fn answer :error-fn fail :timeout-fn #'ignore :timeout 60))))
        (when token (setf (alist-get token inkling--pending) id))))
     ((inkling--lsp-workspace)
      (let ((lsp--cur-workspace (inkling--lsp-workspace)))
        (lsp-request-async method params answer :mode 'alive :error-handler fail :cancel-token token)))
     (t (user-error "No server of Inkling is in this buffer (M-x inkling-mode, or M-x lsp)")))))

(defun inkling--execute (command arguments callback)
  "Run COMMAND of the server with ARGUMENTS, a list.
CALLBACK is called with the result."
  (inkling-request "workspace/executeCommand"
                   (list :command command :arguments (vconcat arguments)) callback))

(autoload 'inkling-train "inkling-commands" nil t)
(autoload 'inkling-status "inkling-commands" nil t)
(autoload 'inkling-explain "inkling-commands" nil t)
(autoload 'inkling-forget "inkling-commands" nil t)
(autoload 'inkling-dictionary "inkling-commands" nil t)
(autoload 'inkling-restart "inkling-commands" nil t)
(autoload 'inkling-log "inkling-commands" nil t)
(autoload 'inkling-ghost-mode "inkling-ghost" nil t)
(autoload 'inkling-heat-mode "inkling-heat" nil t)

(provide 'inkling)
;;; inkling.el ends here
