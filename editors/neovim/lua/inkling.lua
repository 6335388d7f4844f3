-- What Neovim does not do by itself: completion as you type, and ghost text.
local M = {}

-- Set before vim.lsp.enable: require('inkling').autotrigger = false leaves completion to <C-x><C-o>.
M.autotrigger = true

-- A menu that comes while you type must not put its first word into the text: by default Neovim does. What you have set
-- yourself to the same end is left as it is.
local function set_completeopt(buffer)
  local options = vim.split(vim.o.completeopt, ',', { trimempty = true })
  if vim.list_contains(options, 'noselect') or vim.list_contains(options, 'noinsert') then
    return
  end
  for _, option in ipairs({ 'menuone', 'noselect' }) do
    if not vim.list_contains(options, option) then
      table.insert(options, option)
    end
  end
  vim.bo[buffer].completeopt = table.concat(options, ',')
end

-- Called for each buffer that the server serves.
function M.attach(client, buffer)
  local provider = client.server_capabilities.completionProvider
  if M.autotrigger and not client.inkling_triggers then
    -- Neovim asks at trigger characters only; every letter is one for us.
    client.inkling_triggers = true
    local triggers = vim.list_extend({}, provider.triggerCharacters or {})
    for byte = string.byte('a'), string.byte('z') do
      vim.list_extend(triggers, { string.char(byte), string.char(byte):upper() })
    end
    table.insert(triggers, '_')
    provider.triggerCharacters = triggers
  end
  if M.autotrigger then
    set_completeopt(buffer)
  end
  vim.lsp.completion.enable(true, client.id, buffer, { autotrigger = M.autotrigger })
end

local namespace = vim.api.nvim_create_namespace('inkling.ghost')
local shown = nil

local function client_of(buffer)
  return vim.lsp.get_clients({ name = 'inkling', bufnr = buffer })[1]
end

local function clear(buffer)
  shown = nil
  if vim.api.nvim_buf_is_valid(buffer) then
    vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  end
end

local function cursor_position(client)
  return vim.lsp.util.make_position_params(0, client.offset_encoding)
end

local function request_ghost(buffer)
  local client = client_of(buffer)
  if not client or vim.api.nvim_get_current_buf() ~= buffer then
    return
  end
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local params = cursor_position(client)
  params.context = { triggerKind = 2 }
  client:request('inkling/inlineCompletion', params, function(error, result)
    if error or not result or not result.items or not result.items[1] then
      return
    end
    local now = vim.api.nvim_win_get_cursor(0)
    if vim.api.nvim_get_current_buf() ~= buffer or now[1] ~= row or now[2] ~= column then
      return
    end
    clear(buffer)
    shown = { buffer = buffer, row = row, column = column, text = result.items[1].insertText }
    vim.api.nvim_buf_set_extmark(buffer, namespace, row - 1, column, {
      virt_text = { { shown.text, 'InklingGhost' } },
      virt_text_pos = 'inline',
    })
  end, buffer)
end

-- Shows what probably follows, behind the cursor, while you type.
function M.ghost_text(enable)
  local group = vim.api.nvim_create_augroup('inkling.ghost', { clear = true })
  if enable == false then
    return
  end
  vim.api.nvim_create_autocmd({ 'TextChangedI', 'CursorMovedI' }, {
    group = group,
    callback = function(event)
      clear(event.buf)
      request_ghost(event.buf)
    end,
  })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, {
    group = group,
    callback = function(event)
      clear(event.buf)
    end,
  })
end

-- Inserts the ghost text; false if there is none, so that a mapping can do something else:
--   vim.keymap.set('i', '<C-l>', function() require('inkling').accept() end)
function M.accept()
  if not shown or shown.buffer ~= vim.api.nvim_get_current_buf() then
    return false
  end
  local accepted = shown
  clear(accepted.buffer)
  vim.api.nvim_buf_set_text(
    accepted.buffer, accepted.row - 1, accepted.column, accepted.row - 1, accepted.column, { accepted.text })
  vim.api.nvim_win_set_cursor(0, { accepted.row, accepted.column + #accepted.text })
  return true
end

-- The ghost text shown now, or nil.
function M.shown()
  return shown and shown.text
end

return M
