-- Ghost text: what probably follows, shown behind the cursor and never in the text until it is accepted.
local M = {}

local namespace = vim.api.nvim_create_namespace('inkling.ghost')

-- What is shown: { buffer, row, column, text }, row from 1 and column in bytes from 0, as nvim_win_get_cursor has them.
local shown = nil
-- What was asked and not answered: { client, id }.
local asked = nil
-- Where it was asked last. Several events tell of one key.
local asked_at = nil

local function cancel()
  if asked then
    asked.client:cancel_request(asked.id)
    asked = nil
  end
end

local function clear()
  if shown and vim.api.nvim_buf_is_valid(shown.buffer) then
    vim.api.nvim_buf_clear_namespace(shown.buffer, namespace, 0, -1)
  end
  shown = nil
end

local function place(buffer)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  -- The line and not `changedtick`: closing the menu writes the same text again.
  return { buffer = buffer, row = row, column = column, line = vim.api.nvim_get_current_line() }
end

local function is_at(other, now)
  return other ~= nil and other.buffer == now.buffer and other.row == now.row and other.column == now.column
end

local function draw(now, text)
  clear()
  shown = { buffer = now.buffer, row = now.row, column = now.column, text = text }
  local lines = vim.split(text, '\n', { plain = true })
  vim.api.nvim_buf_set_extmark(now.buffer, namespace, now.row - 1, now.column, {
    virt_text = { { lines[1], 'InklingGhost' } },
    virt_text_pos = 'inline',
    virt_lines = #lines > 1 and vim.tbl_map(function(line)
      return { { line, 'InklingGhost' } }
    end, vim.list_slice(lines, 2)) or nil,
  })
end

-- Whether what was typed since is how the ghost text began; the rest of it stays then.
local function type_along(now)
  if not shown or shown.buffer ~= now.buffer or shown.row ~= now.row or now.column <= shown.column then
    return false
  end
  local line = vim.api.nvim_buf_get_lines(now.buffer, now.row - 1, now.row, false)[1] or ''
  local typed = line:sub(shown.column + 1, now.column)
  if #typed >= #shown.text or shown.text:sub(1, #typed) ~= typed then
    return false
  end
  draw(now, shown.text:sub(#typed + 1))
  return true
end

local function request(now, trigger)
  local client = require('inkling').client(now.buffer)
  if not client then
    return
  end
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = trigger }
  local _, id = client:request('inkling/inlineCompletion', params, function(error, result)
    asked = nil
    local item = not error and result and result.items and result.items[1]
    if not item or vim.api.nvim_get_current_buf() ~= now.buffer or not vim.startswith(vim.fn.mode(), 'i') then
      return
    end
    local at = place(now.buffer)
    if is_at(now, at) and now.line == at.line then
      draw(now, item.insertText)
    end
  end, now.buffer)
  asked = id and { client = client, id = id } or nil
end

-- Behind each key, and each move of the cursor.
local function update(buffer)
  if vim.api.nvim_get_current_buf() ~= buffer then
    return
  end
  local now = place(buffer)
  if is_at(asked_at, now) and asked_at.line == now.line then
    return
  end
  local moved = is_at(shown, now) == false
  asked_at = now
  cancel()
  if type_along(now) then
    return
  end
  if moved then
    clear()
  end
  -- With a word of the menu in the text, what follows is not known yet.
  if vim.fn.pumvisible() == 1 and vim.fn.complete_info({ 'selected' }).selected >= 0 then
    return clear()
  end
  request(now, 2)
end

-- Asks now, for less confident text, too.
function M.invoke()
  local now = place(vim.api.nvim_get_current_buf())
  cancel()
  clear()
  asked_at = now
  request(now, 1)
end

-- The ghost text shown now, or nil.
function M.shown()
  if shown and is_at(shown, place(vim.api.nvim_get_current_buf())) then
    return shown.text
  end
end

-- Takes ghost text away until the next key.
function M.dismiss()
  local was = M.shown() ~= nil
  cancel()
  clear()
  return was
end

local function insert(length)
  local text = M.shown()
  if not text then
    return false
  end
  length = length(text)
  local at, taken, rest = shown, text:sub(1, length), text:sub(length + 1)
  cancel()
  clear()
  local lines = vim.split(taken, '\n', { plain = true })
  vim.api.nvim_buf_set_text(at.buffer, at.row - 1, at.column, at.row - 1, at.column, lines)
  local row = at.row + #lines - 1
  local column = #lines == 1 and at.column + #taken or #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { row, column })
  if rest ~= '' then
    local now = place(at.buffer)
    asked_at = now
    draw(now, rest)
  end
  return true
end

-- Each inserts a part of the ghost text; false if there is none, so that a mapping can do something else.
function M.accept()
  return insert(function(text)
    return #text
  end)
end

-- White space and a word behind it; else what stands there up to the next white space or word.
function M.accept_word()
  return insert(function(text)
    local _, stop = vim.regex([[^\_s*\%(\k\+\|\%(\k\@!\S\)\+\)]]):match_str(text)
    return stop or #text
  end)
end

function M.accept_line()
  return insert(function(text)
    return (text:find('\n', 2, true) or #text + 1) - 1
  end)
end

-- What a key did before ours was laid over it: a key is taken only where there is ghost text.
local function fall_through(before, key)
  if vim.tbl_isempty(before) then
    return key
  end
  local result = before.rhs
  if before.callback then
    if before.expr ~= 1 then
      vim.schedule(before.callback)
      return ''
    end
    result = before.callback() or ''
  elseif before.expr == 1 then
    result = vim.api.nvim_eval(before.rhs)
  end
  if before.noremap == 1 and (before.expr ~= 1 or before.replace_keycodes == 1) then
    return result
  end
  if before.expr ~= 1 or before.replace_keycodes == 1 then
    result = vim.keycode(result)
  end
  vim.api.nvim_feedkeys(result, before.noremap == 1 and 'in' or 'im', false)
  return ''
end

local actions = { accept = 'accept', word = 'accept_word', line = 'accept_line', dismiss = 'dismiss', invoke = 'invoke' }
M.default_keys = {
  accept = '<Tab>', word = '<M-Right>', line = '<M-C-Right>', dismiss = '<C-]>', invoke = '<M-Bslash>',
}
local mapped = {}

local function map(name, key)
  local before = vim.fn.maparg(key, 'i', false, true)
  mapped[key] = before
  vim.keymap.set('i', key, function()
    if name ~= 'invoke' and not M.shown() then
      return fall_through(before, key)
    end
    -- The menu goes first: it would put its own text back.
    local close = vim.fn.pumvisible() == 1 and '<C-e>' or ''
    return close .. ("<Cmd>lua require('inkling.ghost').%s()<CR>"):format(actions[name])
  end, { expr = true, replace_keycodes = true, desc = 'Inkling: ghost text, ' .. name })
end

local function unmap()
  for key, before in pairs(mapped) do
    pcall(vim.keymap.del, 'i', key)
    if not vim.tbl_isempty(before) then
      vim.fn.mapset('i', false, before)
    end
  end
  mapped = {}
end

-- ghost_text(): shown while you type, with the keys of `default_keys`; each does what it did before where nothing is shown.
-- ghost_text({ keys = { accept = '<C-l>', word = false } }) has others, ghost_text({ keys = false }) none.
-- ghost_text(false) ends it.
function M.enable(options)
  local group = vim.api.nvim_create_augroup('inkling.ghost', { clear = true })
  unmap()
  cancel()
  clear()
  M.is_enabled = options ~= false
  if options == false then
    return
  end
  local keys = type(options) == 'table' and options.keys
  if keys == nil or type(options) ~= 'table' then
    keys = {}
  end
  if keys then
    for name, key in pairs(vim.tbl_extend('force', M.default_keys, keys)) do
      if key and actions[name] then
        map(name, key)
      end
    end
  end
  vim.api.nvim_create_autocmd({ 'TextChangedI', 'TextChangedP', 'CursorMovedI' }, {
    group = group,
    callback = function(event)
      update(event.buf)
    end,
  })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, {
    group = group,
    callback = function()
      cancel()
      clear()
      asked_at = nil
    end,
  })
end

return M
