;;; inkling-heat.el --- How surprising text is, in colours -*- lexical-binding: t -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Eglot before Emacs 31 knows no semantic tokens, so that the heat map is drawn here, from `inkling/score', in what is visible.

;;; Code:

(require 'inkling)

(defface inkling-heat-1 nil "Tokens of 4 bits and more." :group 'inkling)
(defface inkling-heat-2 '((t :inherit shadow)) "Tokens of 7 bits and more." :group 'inkling)
(defface inkling-heat-3 '((t :inherit font-lock-string-face :slant italic)) "Tokens of 10 bits and more." :group 'inkling)
(defface inkling-heat-4 '((t :inherit warning)) "Tokens of 13 bits and more." :group 'inkling)
(defface inkling-heat-5 '((t :inherit error)) "Tokens of 16 bits and more." :group 'inkling)

(defvar inkling-heat-mode)
(defvar-local inkling-heat--timer nil)
(defvar-local inkling-heat--shown nil "What the colours belong to: tick, start and end.")

(defun inkling-heat-face (bits)
  "The face of a token of so many BITS, or nil."
  (when (>= bits 4)
    (aref [inkling-heat-1 inkling-heat-2 inkling-heat-3 inkling-heat-4 inkling-heat-5]
          (min 4 (floor (/ (- bits 4) 3))))))

(defun inkling-heat--draw (result)
  "Colour the tokens of RESULT."
  (remove-overlays (point-min) (point-max) 'category 'inkling-heat)
  (save-excursion
    (save-restriction
      (widen)
      (dolist (token (inkling--list (inkling-get result :tokens)))
        (let ((face (inkling-heat-face (inkling-get token :surprisalBits))))
          (when face
            (let ((overlay (make-overlay (inkling--point (inkling-get token :range :start))
                                         (inkling--point (inkling-get token :range :end)))))
              (overlay-put overlay 'category 'inkling-heat)
              (overlay-put overlay 'face face)
              (overlay-put overlay 'evaporate t))))))))

(defun inkling-heat--update (buffer)
  "Ask for the colours of what is visible of BUFFER."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (setq inkling-heat--timer nil)
      (let* ((window (get-buffer-window buffer t))
             (start (if window (window-start window) (point-min)))
             (end (min (point-max) (+ start 20000)))
             (state (list (buffer-chars-modified-tick) start end)))
        (when (and inkling-heat-mode (inkling-active-p) (not (equal state inkling-heat--shown)))
          (inkling-request
           "inkling/score"
           (list :textDocument (inkling--document)
                 :range (list :start (inkling--position start) :end (inkling--position end)))
           (lambda (result)
             (when (and inkling-heat-mode (= (car state) (buffer-chars-modified-tick)))
               (setq inkling-heat--shown state)
               (inkling-heat--draw result)))
           :token 'inkling-heat))))))

(defun inkling-heat--schedule (&rest _)
  "Colours follow what is typed and scrolled half a second later."
  (when inkling-heat--timer (cancel-timer inkling-heat--timer))
  (setq inkling-heat--timer (run-with-timer 0.5 nil #'inkling-heat--update (current-buffer))))

;;;###autoload
(define-minor-mode inkling-heat-mode
  "Show how surprising each token is, in colours."
  :group 'inkling
  (cond
   (inkling-heat-mode
    (setq inkling-heat--shown nil)
    (add-hook 'post-command-hook #'inkling-heat--schedule nil t)
    (inkling-heat--schedule))
   (t
    (remove-hook 'post-command-hook #'inkling-heat--schedule t)
    (inkling-cancel 'inkling-heat)
    (when inkling-heat--timer (cancel-timer inkling-heat--timer))
    (setq inkling-heat--timer nil)
    (remove-overlays (point-min) (point-max) 'category 'inkling-heat))))

(provide 'inkling-heat)
;;; inkling-heat.el ends here
