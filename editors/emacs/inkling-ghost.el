;;; inkling-ghost.el --- What probably follows, behind point -*- lexical-binding: t -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Ghost text is an overlay: it is not in the buffer until it is accepted, and stays while one types along.

;;; Code:

(require 'inkling)
(require 'subr-x)

(declare-function company-abort "ext:company")
(defvar inkling-ghost-mode)

(defvar-local inkling-ghost--text nil
  "The ghost text shown, or nil.  While it is shown, `inkling-ghost-map' is in use.")
(defvar-local inkling-ghost--overlay nil)
(defvar-local inkling-ghost--tick nil
  "The buffer's state when it was asked last.")

(defvar inkling-ghost-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "TAB") #'inkling-ghost-accept)
    (define-key map [tab] #'inkling-ghost-accept)
    (define-key map (kbd "M-<right>") #'inkling-ghost-accept-word)
    (define-key map (kbd "C-M-<right>") #'inkling-ghost-accept-line)
    (define-key map (kbd "C-g") #'inkling-ghost-dismiss)
    map)
  "Keys while ghost text is shown, and only then.")

(defvar inkling-ghost--emulation `((inkling-ghost--text . ,inkling-ghost-map)))

(defun inkling-ghost--hide ()
  "Take ghost text away."
  (when inkling-ghost--overlay (delete-overlay inkling-ghost--overlay))
  (setq inkling-ghost--overlay nil inkling-ghost--text nil))

(defun inkling-ghost--show (text)
  "Show TEXT behind point."
  (inkling-ghost--hide)
  (unless (string-empty-p text)
    (let ((shown (propertize text 'face 'inkling-ghost)))
      ;; Point is drawn before it, not behind.
      (put-text-property 0 1 'cursor t shown)
      (setq inkling-ghost--overlay (make-overlay (point) (point) nil t)
            inkling-ghost--text text)
      (overlay-put inkling-ghost--overlay 'after-string shown))))

(defun inkling-ghost--type-along ()
  "Whether what was typed since is how the ghost text began.
The rest of it stays then."
  (when inkling-ghost--overlay
    (let* ((start (overlay-start inkling-ghost--overlay))
           (typed (and start (< start (point)) (<= (point) (line-end-position))
                       (buffer-substring-no-properties start (point)))))
      (when (and typed (< (length typed) (length inkling-ghost--text))
                 (string-prefix-p typed inkling-ghost--text))
        (inkling-ghost--show (substring inkling-ghost--text (length typed)))
        t))))

(defun inkling-ghost--ask (trigger)
  "Ask for ghost text at point; TRIGGER is 1 where a person asks and 2 else."
  (let ((tick (buffer-chars-modified-tick)) (point (point)))
    (inkling-request
     "inkling/inlineCompletion" (append (inkling--place) (list :context (list :triggerKind trigger)))
     (lambda (result)
       (let ((item (car (inkling--list (inkling-get result :items)))))
         (when (and item inkling-ghost-mode (= tick (buffer-chars-modified-tick)) (= point (point)))
           (inkling-ghost--show (inkling-get item :insertText)))))
     :token 'inkling-ghost)))

(defun inkling-ghost--update ()
  "Behind each command: one request for each change of the text."
  (let ((tick (buffer-chars-modified-tick)))
    (cond
     ((equal tick inkling-ghost--tick)
      (when (and inkling-ghost--overlay (/= (point) (overlay-start inkling-ghost--overlay)))
        (inkling-ghost--hide)))
     (t
      (setq inkling-ghost--tick tick)
      (unless (inkling-ghost--type-along)
        (inkling-ghost--hide)
        (when (and (inkling-active-p) (not buffer-read-only) (not (minibufferp)))
          (inkling-ghost--ask 2)))))))

(defun inkling-ghost--accept (length)
  "Put the first LENGTH characters of the ghost text into the buffer."
  (let* ((text inkling-ghost--text) (rest (substring text length)))
    (inkling-cancel 'inkling-ghost)
    (inkling-ghost--hide)
    (when (bound-and-true-p company-candidates) (company-abort))
    (insert (substring text 0 length))
    (unless (string-empty-p rest)
      (inkling-ghost--show rest)
      (setq inkling-ghost--tick (buffer-chars-modified-tick)))))

(defun inkling-ghost-accept ()
  "Put the ghost text into the buffer."
  (interactive)
  (inkling-ghost--accept (length inkling-ghost--text)))

(defun inkling-ghost-accept-word ()
  "Put the next word of the ghost text into the buffer."
  (interactive)
  (inkling-ghost--accept
   (if (string-match "\\`\\s-*\\(?:\\(?:\\sw\\|\\s_\\)+\\|[^[:space:][:word:]_]+\\)" inkling-ghost--text)
       (match-end 0)
     (length inkling-ghost--text))))

(defun inkling-ghost-accept-line ()
  "Put the next line of the ghost text into the buffer."
  (interactive)
  (inkling-ghost--accept (or (string-match "\n" inkling-ghost--text 1) (length inkling-ghost--text))))

(defun inkling-ghost-dismiss ()
  "Take ghost text away until the text changes."
  (interactive)
  (inkling-cancel 'inkling-ghost)
  (inkling-ghost--hide))

(defun inkling-ghost-invoke ()
  "Ask for ghost text now, for less confident one, too."
  (interactive)
  (inkling-ghost--ask 1))

;;;###autoload
(define-minor-mode inkling-ghost-mode
  "Show what probably follows, behind point, while you type.
\\{inkling-ghost-map}"
  :group 'inkling
  (cond
   (inkling-ghost-mode
    ;; Before the keys of Company's list, whose own come first otherwise.
    (add-to-list 'emulation-mode-map-alists 'inkling-ghost--emulation)
    (setq inkling-ghost--tick (buffer-chars-modified-tick))
    (add-hook 'post-command-hook #'inkling-ghost--update nil t))
   (t
    (remove-hook 'post-command-hook #'inkling-ghost--update t)
    (inkling-cancel 'inkling-ghost)
    (inkling-ghost--hide))))

(provide 'inkling-ghost)
;;; inkling-ghost.el ends here
