-- Selections that widen to the next range that means something, and narrow again: a word, what is in brackets, with the brackets, a
-- statement, a block. Neovim before 0.12 does not ask a server for them itself.
local M = {}

-- What was selected last in a buffer: its ranges from the smallest on, which of them, and the text that they were asked for.
local chains = {}

-- A range as { line, byte, line, byte } from 0, its end exclusive.
local function bytes(range, buffer, encoding)
  local function place(position)
    local line = vim.api.nvim_buf_get_lines(buffer, position.line, position.line + 1, false)[1] or ''
    return position.line, vim.str_byteindex(line, encoding, position.character, false)
  end
  local line, byte = place(range.start)
  local end_line, end_byte = place(range['end'])
  return { line, byte, end_line, end_byte }
end

local function ask(client, buffer)
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  local answer = client:request_sync('textDocument/selectionRange', {
    textDocument = params.textDocument, positions = { params.position },
  }, 1000, buffer)
  local ranges, range = {}, answer and answer.result and answer.result[1]
  while range do
    table.insert(ranges, bytes(range.range, buffer, client.offset_encoding))
    range = range.parent
  end
  return ranges
end

local function is_before(line, byte, other_line, other_byte)
  return line < other_line or line == other_line and byte < other_byte
end

-- The visual selection as a range, or nil.
local function selected(buffer)
  if not vim.list_contains({ 'v', 'V' }, vim.fn.mode()) then
    return
  end
  local from, to = vim.fn.getpos('v'), vim.fn.getpos('.')
  if is_before(to[2], to[3], from[2], from[3]) then
    from, to = to, from
  end
  local line = vim.api.nvim_buf_get_lines(buffer, to[2] - 1, to[2], false)[1] or ''
  if vim.fn.mode() == 'V' then
    return { from[2] - 1, 0, to[2] - 1, #line }
  end
  -- The end is the first byte of the last character.
  return { from[2] - 1, from[3] - 1, to[2] - 1, math.min(#line, to[3] - 1 + #vim.fn.strpart(line, to[3] - 1, 1, true)) }
end

local function select(range, buffer)
  local line, byte, end_line, end_byte = unpack(range)
  if end_byte == 0 and end_line > line then
    end_line = end_line - 1
    end_byte = #(vim.api.nvim_buf_get_lines(buffer, end_line, end_line + 1, false)[1] or '')
  end
  if vim.fn.mode() ~= 'n' then
    vim.cmd.normal({ vim.keycode('<Esc>'), bang = true })
  end
  vim.api.nvim_win_set_cursor(0, { line + 1, byte })
  vim.cmd.normal({ 'v', bang = true })
  -- Any byte of a character is its column.
  vim.api.nvim_win_set_cursor(0, { end_line + 1, math.max(end_byte - 1, 0) })
end

local function chain_of(buffer)
  local chain, now = chains[buffer], selected(buffer)
  if chain and now and chain.tick == vim.api.nvim_buf_get_changedtick(buffer) and vim.deep_equal(now, chain.selected) then
    return chain
  end
end

local function show(chain, place, buffer)
  chain.place = place
  select(chain.ranges[place], buffer)
  chain.selected = selected(buffer)
  chains[buffer] = chain
end

-- Selects the smallest range around the cursor, or the next one around what is selected. Returns false where there is none.
function M.widen()
  local buffer = vim.api.nvim_get_current_buf()
  local client = require('inkling').client(buffer)
  if not client then
    return false
  end
  local chain = chain_of(buffer)
  if chain then
    if chain.place == #chain.ranges then
      return false
    end
    show(chain, chain.place + 1, buffer)
    return true
  end
  local now = selected(buffer)
  local ranges = ask(client, buffer)
  for place, range in ipairs(ranges) do
    local holds = not now
      or not is_before(now[1], now[2], range[1], range[2]) and not is_before(range[3], range[4], now[3], now[4])
        and not vim.deep_equal(now, range)
    if holds and (range[1] ~= range[3] or range[2] < range[4]) then
      show({ ranges = ranges, tick = vim.api.nvim_buf_get_changedtick(buffer) }, place, buffer)
      return true
    end
  end
  return false
end

-- Goes back to what was selected before it was widened. Returns false where nothing was.
function M.narrow()
  local buffer = vim.api.nvim_get_current_buf()
  local chain = chain_of(buffer)
  if not chain or chain.place == 1 then
    return false
  end
  show(chain, chain.place - 1, buffer)
  return true
end

return M
