" The linter `inkling` of ALE (3.3 and later), for whatever file type a buffer has.
let s:defined = {}

function! inkling#ale#root(buffer) abort
  let l:file = expand('#' . a:buffer . ':p')
  let l:best = ''
  for l:marker in ['.inkling', '.git']
    let l:found = finddir(l:marker, escape(fnamemodify(l:file, ':h'), ' ,;\') . ';')
    if !empty(l:found)
      let l:folder = fnamemodify(fnamemodify(l:found, ':p'), ':h:h')
      if len(l:folder) > len(l:best)
        let l:best = l:folder
      endif
    endif
  endfor
  " ALE starts nothing without a root.
  return empty(l:best) ? fnamemodify(l:file, ':h') : l:best
endfunction

function! inkling#ale#command(buffer) abort
  " ALE counts bytes, whatever it says.
  return '%e serve --position-encoding utf-8 ' . join(map(copy(g:inkling_arguments), 'ale#Escape(v:val)'))
endfunction

" A list that comes as you type must leave Return alone. ALE selects the first word unless told not to, and opens the list by
" keys behind which Return closes it and does no more.
function! s:leave_return_alone() abort
  if !get(g:, 'ale_completion_enabled', 0)
    return
  endif
  if &completeopt !~# 'noselect\|noinsert'
    set completeopt+=menuone,noselect
  endif
  if empty(maparg('<CR>', 'i'))
    inoremap <silent> <expr> <CR> inkling#ale#return()
  endif
endfunction

function! inkling#ale#return() abort
  return pumvisible() && complete_info(['selected']).selected < 0 ? "\<C-e>\<CR>" : "\<CR>"
endfunction

function! inkling#ale#define(filetype) abort
  if empty(a:filetype) || has_key(s:defined, a:filetype) || index(g:inkling_disabled_filetypes, a:filetype) >= 0
    return
  endif
  if empty(globpath(&runtimepath, 'autoload/ale/linter.vim', 1))
    return
  endif
  let s:defined[a:filetype] = 1
  call ale#linter#Define(a:filetype, {
  \ 'name': 'inkling',
  \ 'lsp': 'stdio',
  \ 'executable': {buffer -> inkling#program()},
  \ 'command': function('inkling#ale#command'),
  \ 'project_root': function('inkling#ale#root'),
  \ 'initialization_options': {buffer -> g:inkling_settings},
  \})
  call s:leave_return_alone()
  " ALE checks plain text with nothing unless told to.
  if a:filetype ==# 'text'
    let g:ale_linters = extend(get(g:, 'ale_linters', {}), {'text': ['inkling']}, 'keep')
  endif
endfunction
