-- Colours that a colour scheme may set itself.
local link = function(name, target)
  vim.api.nvim_set_hl(0, name, { link = target, default = true })
end
link('InklingGhost', 'NonText')
link('@lsp.type.inklingHeat3', 'DiagnosticUnderlineHint')
link('@lsp.type.inklingHeat4', 'DiagnosticUnderlineInfo')
link('@lsp.type.inklingHeat5', 'DiagnosticUnderlineWarn')
