-- What Neovim does not do by itself: completion as you type, and where the server serves.
local M = {}

-- Whether the menu comes as you type. nil: where no completion plugin is loaded that asks for the items itself.
M.autotrigger = nil

-- File types that the server stays out of: require('inkling').disabled_filetypes = { 'help', 'csv' }
M.disabled_filetypes = {}

-- Plugins with a menu of their own, which ask every server that is attached.
local completion_plugins = { 'cmp', 'blink.cmp', 'mini.completion', 'coq' }

-- The name of the completion plugin that is loaded, or nil.
function M.other_completion()
  for _, name in ipairs(completion_plugins) do
    -- `mini.completion` can be loaded without being set up.
    if package.loaded[name] and (name ~= 'mini.completion' or rawget(_G, 'MiniCompletion')) then
      return name
    end
  end
end

-- The server of a buffer, or nil.
function M.client(buffer)
  return vim.lsp.get_clients({ name = 'inkling', bufnr = buffer or 0 })[1]
end

-- `root_dir` of the configuration: the nearest folder above the file with one of the markers. It never answers for file types that
-- the server is to stay out of, which keeps it from being started.
function M.find_root(buffer, on_dir)
  if vim.list_contains(M.disabled_filetypes, vim.bo[buffer].filetype) then
    return
  end
  for _, markers in ipairs(vim.lsp.config.inkling.root_markers or {}) do
    local root = vim.fs.root(buffer, markers)
    if root then
      return on_dir(root)
    end
  end
  on_dir(nil)
end

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

-- Neovim asks at trigger characters only; every letter is one for us. For the letters of other scripts, which are beyond a table,
-- see trigger_at_other_letters.
local function trigger_at_letters(client)
  local provider = client.server_capabilities.completionProvider
  if not provider or client.inkling_triggers then
    return
  end
  client.inkling_triggers = true
  local triggers = vim.list_extend({}, provider.triggerCharacters or {})
  for byte = string.byte('a'), string.byte('z') do
    vim.list_extend(triggers, { string.char(byte), string.char(byte):upper() })
  end
  table.insert(triggers, '_')
  provider.triggerCharacters = triggers
end

-- A plugin that is loaded with the first insert comes after the server: the menu is left to it then.
local function give_way(client, buffer)
  vim.api.nvim_create_autocmd('InsertEnter', {
    group = vim.api.nvim_create_augroup('inkling.menu.' .. buffer, { clear = true }),
    buffer = buffer,
    callback = vim.schedule_wrap(function()
      if not vim.api.nvim_buf_is_valid(buffer) then
        return true
      end
      if M.autotrigger == nil and M.other_completion() then
        vim.api.nvim_clear_autocmds({ group = 'inkling.menu.' .. buffer })
        vim.lsp.completion.enable(false, client.id, buffer)
      end
    end),
  })
end

-- Letters that are no trigger characters: of other scripts than Latin, and Latin ones with accents.
local function trigger_at_other_letters(buffer)
  local is_waiting = false
  local function ask(character)
    is_waiting = false
    local is_here = vim.api.nvim_get_current_buf() == buffer and vim.fn.mode() == 'i'
    if is_here and vim.fn.pumvisible() == 0 then
      local kind = vim.lsp.protocol.CompletionTriggerKind.TriggerCharacter
      vim.lsp.completion.get({ ctx = { triggerKind = kind, triggerCharacter = character } })
    end
  end
  vim.api.nvim_create_autocmd('InsertCharPre', {
    group = vim.api.nvim_create_augroup('inkling.menu.' .. buffer, { clear = false }),
    buffer = buffer,
    callback = function()
      local character = vim.v.char
      -- 0 and 1 are white space and punctuation, 3 are emoji.
      local class = vim.fn.charclass(character)
      if is_waiting or character:byte() < 0x80 or class < 2 or class == 3 or vim.fn.pumvisible() == 1 then
        return
      end
      is_waiting = true
      -- As long as Neovim waits behind a trigger character.
      vim.defer_fn(function()
        ask(character)
      end, 25)
    end,
  })
end

-- Of an item of several words Neovim would put in the first one.
local function whole_text(item)
  local is_snippet = item.insertTextFormat == vim.lsp.protocol.InsertTextFormat.Snippet
  return not is_snippet and item.textEdit and { word = item.textEdit.newText } or {}
end

-- Called for each buffer that the server serves.
function M.attach(client, buffer)
  local automatic = M.autotrigger
  if automatic == nil then
    automatic = M.other_completion() == nil
  end
  if automatic then
    trigger_at_letters(client)
    set_completeopt(buffer)
  end
  vim.lsp.completion.enable(true, client.id, buffer, { autotrigger = automatic, convert = whole_text })
  if automatic then
    give_way(client, buffer)
    trigger_at_other_letters(buffer)
  end
end

-- Ghost text: require('inkling').ghost_text() shows what probably follows, behind the cursor, while you type. See inkling.ghost.
for _, name in ipairs({ 'accept', 'accept_word', 'accept_line', 'dismiss', 'shown', 'invoke' }) do
  M[name] = function()
    return require('inkling.ghost')[name]()
  end
end

-- Selections that widen and narrow. See inkling.selection.
for _, name in ipairs({ 'widen', 'narrow' }) do
  M[name] = function()
    return require('inkling.selection')[name]()
  end
end

function M.ghost_text(options)
  require('inkling.ghost').enable(options)
end

return M
