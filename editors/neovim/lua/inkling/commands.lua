-- :Inkling train|status|explain|forget|dictionary|heat|ghost|restart|log
local M = {}

local function say(text, level)
  vim.notify(text, level or vim.log.levels.INFO)
end

local function fail(text)
  say('inkling: ' .. text, vim.log.levels.WARN)
end

-- The client of this buffer, or nil with a message.
local function client()
  local found = require('inkling').client(0) or vim.lsp.get_clients({ name = 'inkling' })[1]
  if not found then
    fail('no server is attached here (:checkhealth inkling)')
  end
  return found
end

local function execute(server, command, arguments, answer)
  server:request('workspace/executeCommand', { command = command, arguments = arguments }, function(error, result)
    if error then
      return fail(error.message)
    end
    answer(result or {})
  end, vim.api.nvim_get_current_buf())
end

-- Shows lines in a window of their own that `q` closes.
local function show(title, lines)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].bufhidden = 'wipe'
  local width = math.min(vim.o.columns - 4, math.max(40, vim.fn.strdisplaywidth(title) + 4, unpack(vim.tbl_map(function(line)
    return vim.fn.strdisplaywidth(line) + 1
  end, vim.list_slice(lines, 1, 200)))))
  local height = math.max(1, math.min(vim.o.lines - 6, #lines))
  vim.api.nvim_open_win(buffer, true, {
    relative = 'editor', style = 'minimal', border = 'rounded', title = ' ' .. title .. ' ',
    width = math.max(1, width), height = height, row = math.max(0, (vim.o.lines - height) / 2 - 1),
    col = math.max(0, (vim.o.columns - width) / 2),
  })
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, desc = 'Close' })
end

local function word_or(argument)
  return argument or vim.fn.expand('<cword>')
end

local function bytes(count)
  return count and ('%.1f MB'):format(count / 1e6) or 'none'
end

-- The lines that tell what `inkling/status` answered.
function M.status_lines(status)
  local lines = {
    ('Inkling %s, process %d, %s of memory'):format(status.version, status.processId, bytes(status.residentBytes)),
    ('%d open documents, columns in %s'):format(#status.documents, status.positionEncoding),
  }
  for _, model in ipairs(status.models) do
    local path = model.path or 'no model: the words of open documents and of files near them'
    table.insert(lines, path)
    if model.problem then
      table.insert(lines, '  not used: ' .. model.problem)
    end
    local parts = { ('%d tokens counted in %d documents and %d files near them'):format(
      model.countedTokens, model.documentCount, model.nearbyFiles) }
    if model.typeCount then
      table.insert(parts, 1, ('%d words'):format(model.typeCount))
    end
    if model.networkBytes then
      table.insert(parts, 'network of ' .. bytes(model.networkBytes))
    end
    table.insert(lines, '  ' .. table.concat(parts, ', '))
  end
  if status.training then
    table.insert(lines, 'Training: ' .. status.training)
  end
  local methods = vim.tbl_keys(status.latencies)
  table.sort(methods)
  for _, method in ipairs(methods) do
    local latency = status.latencies[method]
    table.insert(lines, ('%s: %d answers, median %.1f ms, p99 %.1f ms'):format(
      method, latency.count, latency.medianMilliseconds, latency.p99Milliseconds))
  end
  return lines
end

local function nulls_removed(value)
  if type(value) ~= 'table' then
    return value
  end
  local clean = {}
  for key, item in pairs(value) do
    if item ~= vim.NIL then
      clean[key] = nulls_removed(item)
    end
  end
  return clean
end

local function explanation_lines(result)
  result = nulls_removed(result)
  local lines = {}
  if result.isWithheld then
    table.insert(lines, 'Kept out of every answer: forgotten, or it looks like a secret.')
  end
  table.insert(lines, result.isInVocabulary and 'In the vocabulary of a model in use.' or 'In no model in use.')
  if result.unigramProbability then
    table.insert(lines, ('%.4g %% of all words.'):format(result.unigramProbability * 100))
  end
  for _, part in ipairs(result.components) do
    table.insert(lines, ('%.4g %% here by %s'):format(part.probability * 100, part.component))
  end
  for _, document in ipairs(result.documents) do
    table.insert(lines, ('%s: %d times'):format(vim.uri_to_fname(document.uri), document.count))
    for _, found in ipairs(document.lines) do
      table.insert(lines, ('  %d: %s'):format(found.line + 1, vim.trim(found.text)))
    end
  end
  for _, file in ipairs(result.files) do
    table.insert(lines, ('%s: %d times'):format(file.path, file.count))
  end
  return vim.tbl_map(function(line)
    return (line:gsub('\n', ' '))
  end, lines)
end

-- inkling.accept, from the code action and from :Inkling dictionary.
function M.run_accept(arguments, client_id, buffer)
  local server = vim.lsp.get_client_by_id(client_id)
  if not server then
    return
  end
  server:request('workspace/executeCommand', { command = 'inkling.accept', arguments = arguments }, function(error, result)
    if error then
      return fail(error.message)
    end
    say(('“%s” is in %s'):format(result.word, result.dictionary))
    -- A Neovim that pulls marks asks for them behind edits only.
    if vim.lsp.diagnostic._refresh then
      vim.lsp.diagnostic._refresh(buffer)
    end
  end, buffer)
end

local actions = {}

function actions.train(server, folder)
  local arguments = folder and { vim.uri_from_fname(vim.fn.fnamemodify(folder, ':p')) } or {}
  execute(server, 'inkling.train', arguments, function(result)
    local folders = vim.tbl_map(function(training)
      return training.folder
    end, result.training or {})
    say(#folders > 0 and 'Inkling trains ' .. table.concat(folders, ', ') or 'Inkling trains nothing: no folder is open here')
  end)
end

function actions.status(server)
  server:request('inkling/status', vim.empty_dict(), function(error, result)
    if error then
      return fail(error.message)
    end
    show('Inkling', M.status_lines(nulls_removed(result)))
  end)
end

function actions.explain(server, argument)
  local word = word_or(argument)
  if word == '' then
    return fail('no word is under the cursor (:Inkling explain WORD)')
  end
  local params = vim.lsp.util.make_position_params(0, server.offset_encoding)
  execute(server, 'inkling.explain', {
    { word = word, textDocument = params.textDocument, position = params.position },
  }, function(result)
    show(word, explanation_lines(result))
  end)
end

-- The server says itself what follows from it.
function actions.forget(server, argument)
  local what = word_or(argument)
  if what == '' then
    return fail('no word is under the cursor (:Inkling forget WORD, or a path that begins with / or .)')
  end
  local is_path = vim.startswith(what, '/') or vim.startswith(what, './') or vim.startswith(what, '~')
  local given = is_path and { uri = vim.uri_from_fname(vim.fn.fnamemodify(what, ':p')) } or { word = what }
  if vim.fn.confirm(('Forget “%s”?'):format(what), '&Yes\n&No', 2) == 1 then
    execute(server, 'inkling.forget', { given }, function() end)
  end
end

function actions.dictionary(server, argument)
  local word = word_or(argument)
  if word == '' then
    return fail('no word is under the cursor (:Inkling dictionary WORD)')
  end
  M.run_accept({ word, vim.uri_from_bufnr(0) }, server.id, vim.api.nvim_get_current_buf())
end

-- The heat map on or off, in this session.
function actions.heat(server)
  local settings = vim.deepcopy(server.settings or {})
  settings.inkling = settings.inkling or {}
  local heat = settings.inkling.heatMap or {}
  settings.inkling.heatMap = vim.tbl_extend('force', heat, { enabled = not heat.enabled })
  server.settings = settings
  server:notify('workspace/didChangeConfiguration', { settings = settings })
  say(settings.inkling.heatMap.enabled and 'Heat map on' or 'Heat map off')
end

function actions.ghost()
  local ghost = require('inkling.ghost')
  ghost.enable(not ghost.is_enabled and {} or false)
  say(ghost.is_enabled and 'Ghost text on' or 'Ghost text off')
end

function actions.restart()
  for _, server in ipairs(vim.lsp.get_clients({ name = 'inkling' })) do
    server:stop()
  end
  -- The old server has to be gone, or the buffers go to it again.
  local left = 50
  local function start()
    left = left - 1
    if #vim.lsp.get_clients({ name = 'inkling' }) > 0 and left > 0 then
      return vim.defer_fn(start, 100)
    end
    vim.lsp.enable('inkling', false)
    vim.lsp.enable('inkling')
  end
  start()
end

function actions.log(server)
  server:request('inkling/status', vim.empty_dict(), function(error, result)
    local file = not error and result.logFile
    vim.cmd.tabedit({ args = { file and file ~= vim.NIL and file or vim.lsp.log.get_filename() } })
  end)
end

M.names = vim.tbl_keys(actions)
table.sort(M.names)

function M.complete(lead, line)
  local words = vim.split(vim.trim(line), '%s+')
  if #words > 2 or (#words == 2 and lead == '') then
    return {}
  end
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, M.names)
end

function M.run(arguments)
  local name = arguments[1]
  local action = actions[name]
  if not action then
    return fail(('%s: is no command (one of %s)'):format(name, table.concat(M.names, ', ')))
  end
  local argument = arguments[2] and table.concat(arguments, ' ', 2) or nil
  if name == 'restart' or name == 'ghost' then
    return action()
  end
  local server = client()
  if server then
    action(server, argument)
  end
end

return M
