;;; inkling-commands.el --- What one asks of Inkling's server -*- lexical-binding: t -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Training, status, why a word is offered, forgetting a word, the dictionary, a restart, the log.

;;; Code:

(require 'inkling)

(defun inkling--read-word (prompt)
  "Read a word with PROMPT; the one at point is the default."
  (let ((word (thing-at-point 'symbol t)))
    (read-string (format-prompt prompt word) nil nil word)))

(unless (fboundp 'format-prompt)
  (defun format-prompt (prompt default)
    "PROMPT with DEFAULT, as Emacs 28 has it."
    (if default (format "%s (default %s): " prompt default) (concat prompt ": "))))

(defun inkling--show (title lines)
  "Show LINES in a buffer named for TITLE."
  (with-current-buffer (get-buffer-create (format "*inkling %s*" title))
    (let ((inhibit-read-only t))
      (erase-buffer)
      (insert (mapconcat #'identity lines "\n") "\n")
      (goto-char (point-min)))
    (special-mode)
    (display-buffer (current-buffer))))

(defun inkling-train ()
  "Train the models of the workspace, the network with them."
  (interactive)
  (inkling--execute "inkling.train" nil
                    (lambda (result)
                      (let ((folders (inkling--list (inkling-get result :training))))
                        (message (if folders "Inkling trains %s" "Inkling trains nothing: no folder is open")
                                 (mapconcat (lambda (item) (inkling-get item :folder)) folders ", "))))))

(defun inkling--status-lines (status)
  "What STATUS says, as lines."
  (append
   (list (format "Inkling %s, process %d" (inkling-get status :version) (inkling-get status :processId))
         (format "%d open documents, columns in %s" (length (inkling-get status :documents))
                 (inkling-get status :positionEncoding)))
   (mapcan (lambda (model)
             (delq nil
                   (list (or (inkling-true (inkling-get model :path))
                             "no model: the words of open documents and of files near them")
                         (when (inkling-true (inkling-get model :problem))
                           (format "  not used: %s" (inkling-get model :problem)))
                         (format "  %d tokens counted in %d documents and %d files near them"
                                 (inkling-get model :countedTokens) (inkling-get model :documentCount)
                                 (inkling-get model :nearbyFiles)))))
           (inkling--list (inkling-get status :models)))
   (when (inkling-true (inkling-get status :training))
     (list (format "Training: %s" (inkling-get status :training))))))

(defun inkling-status ()
  "Show models and memory of the server."
  (interactive)
  (inkling-request "inkling/status" nil
                   (lambda (status) (inkling--show "status" (inkling--status-lines status)))))

(defun inkling--explanation-lines (result)
  "What RESULT says of a word, as lines."
  (append
   (list (if (inkling-true (inkling-get result :isInVocabulary)) "In the vocabulary of a model in use."
           "In no model in use."))
   (when (inkling-true (inkling-get result :isWithheld))
     (list "Kept out of every answer: forgotten, or it looks like a secret."))
   (mapcar (lambda (part) (format "%.4g %% here by %s" (* 100 (inkling-get part :probability))
                                  (inkling-get part :component)))
           (inkling--list (inkling-get result :components)))
   (mapcan (lambda (document)
             (cons (format "%s: %d times" (inkling-get document :uri) (inkling-get document :count))
                   (mapcar (lambda (line) (format "  %d: %s" (1+ (inkling-get line :line)) (inkling-get line :text)))
                           (inkling--list (inkling-get document :lines)))))
           (inkling--list (inkling-get result :documents)))
   (mapcar (lambda (file) (format "%s: %d times" (inkling-get file :path) (inkling-get file :count)))
           (inkling--list (inkling-get result :files)))))

(defun inkling-explain (word)
  "Show what was learned of WORD, and by whom."
  (interactive (list (inkling--read-word "Explain")))
  (inkling--execute "inkling.explain" (list (append (list :word word) (inkling--place)))
                    (lambda (result) (inkling--show "explanation" (inkling--explanation-lines result)))))

(defun inkling-forget (word)
  "Keep WORD out of every answer from now on."
  (interactive (list (inkling--read-word "Forget")))
  (inkling--execute "inkling.forget" (list (list :word word))
                    (lambda (result) (message "%s" (inkling-get result :message)))))

(defun inkling-dictionary (word)
  "Never mark WORD again."
  (interactive (list (inkling--read-word "Put into the dictionary")))
  (inkling--execute "inkling.accept" (list word (inkling-get (inkling--document) :uri))
                    (lambda (result) (message "“%s” is in %s" word (inkling-get result :dictionary)))))

(defun inkling-restart ()
  "Start the server of this buffer anew."
  (interactive)
  (let ((server (inkling--eglot-server)) (workspace (inkling--lsp-workspace)))
    (cond (server (eglot-shutdown server) (inkling-mode) (inkling--start (current-buffer)))
          (workspace (lsp-workspace-restart workspace))
          (t (inkling-mode)))))

(defun inkling-log ()
  "Show what the server and the client said to each other."
  (interactive)
  (let ((server (inkling--eglot-server)))
    (if server (display-buffer (jsonrpc-events-buffer server))
      (switch-to-buffer-other-window (get-buffer-create "*lsp-log*")))))

(provide 'inkling-commands)
;;; inkling-commands.el ends here
