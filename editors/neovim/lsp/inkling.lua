-- Neovim 0.11 and later find this file on 'runtimepath'; `vim.lsp.enable('inkling')` starts it for every buffer.
-- A setting of your own: vim.lsp.config('inkling', { settings = { inkling = { completion = { limit = 10 } } } })
return {
  cmd = { 'inkling', 'serve' },
  root_markers = { '.inkling', '.git' },
  on_attach = function(client, buffer)
    require('inkling').attach(client, buffer)
  end,
}
