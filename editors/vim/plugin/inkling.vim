" Inkling in Vim: a linter of ALE's for every file type, and completion without any plugin (inkling#complete).
if exists('g:loaded_inkling')
  finish
endif
let g:loaded_inkling = 1

" Name or path of the program, its arguments behind `serve`, settings of docs/settings.schema.json, and where it stays out.
let g:inkling_program = get(g:, 'inkling_program', 'inkling')
let g:inkling_arguments = get(g:, 'inkling_arguments', [])
let g:inkling_settings = get(g:, 'inkling_settings', {})
let g:inkling_disabled_filetypes = get(g:, 'inkling_disabled_filetypes', [])

augroup inkling
  autocmd!
  autocmd FileType * call inkling#ale#define(expand('<amatch>'))
augroup END

command! -nargs=? -complete=file InklingMarks call inkling#marks(<q-args>)
command! -nargs=1 InklingDictionary call inkling#dictionary(<q-args>)
command! -nargs=? -complete=dir InklingTrain call inkling#train(<q-args>)
