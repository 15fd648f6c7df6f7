-- lsp/aid.lua without the plugin: enabled, it serves OCaml files and AID's pages, and no other Markdown.

vim.filetype.add({ extension = { ml = 'ocaml' } })
vim.cmd('filetype on')
vim.lsp.enable('aid')

local function say(...)
  io.stdout:write('@ ' .. string.format(...) .. '\n')
end

local function served(file)
  vim.cmd.edit(file)
  return vim.wait(60000, function()
    local client = vim.lsp.get_clients({ name = 'aid', bufnr = 0 })[1]
    return client and client.initialized
  end, 20)
end

say('serves OCaml: %s', served('lib/tree.ml'))
local client = vim.lsp.get_clients({ name = 'aid' })[1]
say('root: %s', vim.fs.basename(client.config.root_dir))
local answer = client:request_sync('workspace/executeCommand', { command = 'aid.page', arguments = { { open = false } } }, 30000)
say('serves its page: %s', served(vim.uri_to_fname(answer.result.uri)))
vim.cmd.edit('README.md')
say('serves other Markdown: %s', #vim.lsp.get_clients({ name = 'aid', bufnr = 0 }) > 0)
say('servers: %d', #vim.lsp.get_clients({ name = 'aid' }))
vim.cmd('qa!')
