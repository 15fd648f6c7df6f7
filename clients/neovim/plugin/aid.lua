-- Defines :AID; nothing is loaded before it is used. Servers are started by `require('aid').setup()` or `vim.lsp.enable('aid')`.

if vim.g.loaded_aid then
  return
end
vim.g.loaded_aid = true

vim.api.nvim_create_user_command('AID', function(call)
  require('aid').run(call)
end, {
  nargs = '*',
  bang = true,
  range = true,
  desc = 'Describe a change to OCaml code, get a diff that builds',
  complete = function(lead, line)
    return require('aid').complete(lead, line)
  end,
})
