-- Colours, the command, and what is said where it cannot work.
if vim.fn.has('nvim-0.11') == 0 then
  local version = vim.version()
  vim.api.nvim_echo({ {
    ('inkling: Neovim %d.%d: vim.lsp.enable is not there (use Neovim 0.11 or later)'):format(version.major, version.minor),
    'WarningMsg',
  } }, true, {})
  return
end

-- Colours that a colour scheme may set itself.
local function link(name, target)
  vim.api.nvim_set_hl(0, name, { link = target, default = true })
end
link('InklingGhost', 'NonText')
link('@lsp.type.inklingHeat3', 'DiagnosticUnderlineHint')
link('@lsp.type.inklingHeat4', 'DiagnosticUnderlineInfo')
link('@lsp.type.inklingHeat5', 'DiagnosticUnderlineWarn')

-- Neovim starts nothing, and says nothing, where the program is missing.
vim.api.nvim_create_autocmd('FileType', {
  group = vim.api.nvim_create_augroup('inkling.missing', { clear = true }),
  callback = function(event)
    if vim.bo[event.buf].buftype ~= '' or not vim.lsp.is_enabled('inkling') then
      return
    end
    local command = vim.lsp.config.inkling.cmd
    if type(command) == 'table' and vim.fn.executable(command[1]) == 0 then
      vim.notify(
        ('inkling: %s: is no program on the PATH (make install, or vim.lsp.config(\'inkling\', { cmd = { PATH, \'serve\' } }))')
          :format(command[1]),
        vim.log.levels.WARN)
    end
    return true
  end,
})

vim.api.nvim_create_user_command('Inkling', function(arguments)
  require('inkling.commands').run(arguments.fargs)
end, {
  nargs = '+',
  desc = 'Inkling: train, status, explain, forget, dictionary, heat, ghost, restart, log',
  complete = function(lead, line)
    return require('inkling.commands').complete(lead, line)
  end,
})
