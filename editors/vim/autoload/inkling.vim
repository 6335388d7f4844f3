" Completion with no plugin: set omnifunc=inkling#complete, then CTRL-X CTRL-O. A process answers `inkling complete --jsonl`.
let s:job = v:null
let s:said_missing = 0
" As much of a buffer is sent.
let s:lines_before = 4000
let s:lines_after = 200
let s:timeout = 2000

function! s:warn(text) abort
  echohl WarningMsg
  echomsg 'inkling: ' . a:text
  echohl None
  " In insert mode a message is gone before it is read.
  if exists('*popup_notification') && mode() =~# '^i'
    call popup_notification('inkling: ' . a:text, {'time': 8000})
  endif
endfunction

" The program; what is missing is said once.
function! inkling#program() abort
  if !executable(g:inkling_program) && !s:said_missing
    let s:said_missing = 1
    call s:warn(g:inkling_program . ': is no program on the PATH (make install, or let g:inkling_program)')
  endif
  return g:inkling_program
endfunction

function! s:is_running() abort
  return s:job isnot v:null && job_status(s:job) ==# 'run'
endfunction

function! s:ask(request) abort
  if !has('job') || !has('channel')
    call s:warn('this Vim has no jobs (use one with +job and +channel)')
    return {}
  endif
  if !executable(inkling#program())
    return {}
  endif
  if !s:is_running()
    let s:job = job_start([g:inkling_program, 'complete', '--jsonl'], {
    \ 'in_mode': 'nl', 'out_mode': 'nl', 'err_io': 'null', 'stoponexit': 'term', 'noblock': 0})
  endif
  let l:channel = job_getchannel(s:job)
  try
    call ch_sendraw(l:channel, json_encode(a:request) . "\n")
    " An answer that came too late is passed over.
    while 1
      let l:line = ch_read(l:channel, {'timeout': s:timeout})
      if empty(l:line)
        return {}
      endif
      let l:answer = json_decode(l:line)
      if get(l:answer, 'id', -1) == a:request.id
        return l:answer
      endif
    endwhile
  catch
    return {}
  endtry
endfunction

let s:id = 0
function! s:request() abort
  let l:row = line('.')
  let l:first = max([1, l:row - s:lines_before])
  let l:before = getline(l:first, l:row - 1) + [strpart(getline('.'), 0, col('.') - 1)]
  let l:after = [strpart(getline('.'), col('.') - 1)] + getline(l:row + 1, l:row + s:lines_after)
  let l:head = join(l:before, "\n")
  let s:id += 1
  let l:request = {'id': s:id, 'text': l:head . join(l:after, "\n"), 'byteOffset': len(l:head), 'top': 20}
  if !empty(expand('%'))
    let l:request.path = expand('%:p')
  else
    let l:request.language = empty(&filetype) ? 'plaintext' : &filetype
  endif
  return l:request
endfunction

let s:answer = {}
function! inkling#complete(findstart, base) abort
  if a:findstart
    let l:request = s:request()
    let s:answer = s:ask(l:request)
    let l:items = get(s:answer, 'items', [])
    if empty(l:items)
      return -3
    endif
    " Where the first word begins, in this line: byteOffset counts in what was sent.
    let l:typed = l:request.byteOffset - l:items[0].replaces.byteOffset
    return max([0, col('.') - 1 - l:typed])
  endif
  let l:start = get(s:answer, 'items', [{'replaces': {'byteOffset': 0}}])[0].replaces.byteOffset
  let l:words = []
  for l:item in get(s:answer, 'items', [])
    " Vim replaces the same for all of them.
    if l:item.replaces.byteOffset == l:start
      call add(l:words, {
      \ 'word': l:item.insertedText, 'abbr': l:item.text, 'dup': 1,
      \ 'menu': printf('%.0f%% %s', 100 * l:item.probability, l:item.source)})
    endif
  endfor
  return {'words': l:words, 'refresh': 'always'}
endfunction

" What is probably a slip, in the quickfix list: of a file, or of the buffer's.
function! inkling#marks(path) abort
  if !executable(inkling#program())
    return
  endif
  let l:path = empty(a:path) ? expand('%') : a:path
  let l:lines = systemlist(shellescape(g:inkling_program) . ' highlight --format plain ' . shellescape(l:path))
  if v:shell_error
    return s:warn(join(l:lines, ' '))
  endif
  let l:format = &errorformat
  try
    set errorformat=%f:%l:%c:\ %m
    cgetexpr filter(l:lines, 'v:val =~# ''^.\+:\d\+:\d\+: ''')
  finally
    let &errorformat = l:format
  endtry
  copen
endfunction

" Puts a word into the dictionary of the project, or into the user's own where there is no project.
function! inkling#dictionary(word) abort
  let l:folder = finddir('.inkling', escape(expand('%:p:h'), ' ,;\') . ';')
  if empty(l:folder)
    let l:data = empty($XDG_DATA_HOME) ? $HOME . '/.local/share' : $XDG_DATA_HOME
    let l:folder = l:data . '/inkling'
    call mkdir(l:folder, 'p')
  endif
  let l:file = fnamemodify(l:folder, ':p') . 'dictionary.txt'
  call writefile([substitute(a:word, '^#', '\\#', '')], l:file, 'a')
  echomsg '“' . a:word . '” is in ' . l:file
endfunction

function! inkling#train(folder) abort
  if !executable('inkling-train')
    return s:warn('inkling-train: is no program on the PATH (make install)')
  endif
  execute '!inkling-train ' . (empty(a:folder) ? '' : shellescape(fnamemodify(a:folder, ':p'), 1))
endfunction
