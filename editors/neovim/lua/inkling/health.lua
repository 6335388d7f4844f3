-- :checkhealth inkling
local M = {}

local function check_program()
  local config = vim.lsp.config.inkling
  local command = config and config.cmd
  if type(command) ~= 'table' then
    return vim.health.error('lsp/inkling.lua is not on the runtimepath', 'append editors/neovim to runtimepath')
  end
  local path = vim.fn.exepath(command[1])
  if path == '' then
    return vim.health.error(('%s is no program on the PATH'):format(command[1]), {
      'make install PREFIX=$HOME/.local', "vim.lsp.config('inkling', { cmd = { '/path/to/inkling', 'serve' } })",
    })
  end
  local done = vim.system({ path, '--version' }, { text = true, timeout = 5000 }):wait()
  if done.code ~= 0 then
    return vim.health.error(('%s --version ended with %d: %s'):format(path, done.code, vim.trim(done.stderr or '')))
  end
  vim.health.ok(('%s, version %s'):format(path, vim.trim(done.stdout)))
end

local function check_clients()
  if not vim.lsp.is_enabled('inkling') then
    vim.health.warn("the server is not enabled", "vim.lsp.enable('inkling')")
  end
  local clients = vim.lsp.get_clients({ name = 'inkling' })
  if #clients == 0 then
    return vim.health.info('no buffer has a server now')
  end
  for _, client in ipairs(clients) do
    local response = client:request_sync('inkling/status', vim.empty_dict(), 2000, 0)
    if not response or response.err then
      vim.health.error(('client %d does not answer'):format(client.id), ':Inkling restart')
    else
      local folder = client.root_dir or 'no folder (neither .inkling nor .git above the file)'
      vim.health.ok(('client %d answers, root: %s'):format(client.id, folder))
      for _, model in ipairs(response.result.models) do
        if model.problem ~= vim.NIL and model.problem then
          vim.health.warn(('%s is not used: %s'):format(model.path, model.problem), 'inkling-train')
        elseif model.path == vim.NIL or not model.path then
          vim.health.info('no model: words come from open documents and files near them (inkling-train makes one)')
        else
          vim.health.ok('model: ' .. model.path)
        end
      end
    end
  end
end

local function check_menu()
  local inkling = require('inkling')
  local other = inkling.other_completion()
  if other then
    vim.health.info(('%s is loaded: the menu is left to it'):format(other))
  elseif inkling.autotrigger == false then
    vim.health.info('the menu comes with <C-x><C-o> alone (autotrigger is false)')
  else
    vim.health.ok('the menu comes as you type')
  end
  local ghost = require('inkling.ghost')
  vim.health.info('ghost text is ' .. (ghost.is_enabled and 'on' or "off (require('inkling').ghost_text())"))
end

function M.check()
  vim.health.start('inkling')
  if vim.fn.has('nvim-0.11') == 0 then
    return vim.health.error('Neovim is older than 0.11', 'use Neovim 0.11 or later')
  end
  check_program()
  check_clients()
  check_menu()
end

return M
