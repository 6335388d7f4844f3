-- Neovim 0.11 and later find this file on 'runtimepath'; `vim.lsp.enable('inkling')` starts it for every buffer.
-- A setting of your own: vim.lsp.config('inkling', { settings = { inkling = { completion = { limit = 10 } } } })
local capabilities = vim.lsp.protocol.make_client_capabilities()
-- Neovim before 0.12 does not say so: require('inkling').widen() asks.
capabilities.textDocument.selectionRange = capabilities.textDocument.selectionRange or { dynamicRegistration = false }

return {
  cmd = { 'inkling', 'serve' },
  capabilities = capabilities,
  root_markers = { { '.inkling', '.git' } },
  root_dir = function(buffer, on_dir)
    require('inkling').find_root(buffer, on_dir)
  end,
  on_attach = function(client, buffer)
    require('inkling').attach(client, buffer)
  end,
  commands = {
    -- What the code action “Put … into the dictionary” calls.
    ['inkling.accept'] = function(command, context)
      require('inkling.commands').run_accept(command.arguments, context.client_id, context.bufnr)
    end,
  },
}
