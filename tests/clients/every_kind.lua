-- One error of each kind, in files of each kind: each is known, and each is offered a fix; the one in the dune file is taken.

local E = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/editor.lua')

vim.api.nvim_create_autocmd('FileType', {
  pattern = 'dune',
  callback = function()
    vim.lsp.start({ name = 'aid', cmd = vim.split(vim.env.AID_COMMAND, ' '), root_dir = vim.fn.getcwd() })
  end,
})
vim.filetype.add({ filename = { dune = 'dune' } })

E.visit('lib/a.ml')
local function first_lines()
  local lines = {}
  for _, one in ipairs(vim.diagnostic.get(nil)) do
    table.insert(lines, one)
  end
  return #lines >= tonumber(vim.env.AID_EXPECTED) and lines
end
local all = E.wait('all errors', first_lines)
table.sort(all, function(one, other)
  return vim.api.nvim_buf_get_name(one.bufnr) .. one.message < vim.api.nvim_buf_get_name(other.bufnr) .. other.message
end)
for _, said in ipairs(all) do
  local path = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(said.bufnr), ':.')
  vim.cmd.edit(path)
  E.wait('the server at ' .. path, function()
    return vim.lsp.get_clients({ name = 'aid', bufnr = 0 })[1]
  end)
  local lsp = said.user_data.lsp
  local answers = vim.lsp.buf_request_sync(0, 'textDocument/codeAction', {
    textDocument = { uri = vim.uri_from_bufnr(0) },
    range = lsp.range,
    context = { diagnostics = { lsp }, triggerKind = 1 },
  }, 10000) or {}
  local titles = {}
  for _, answer in pairs(answers) do
    for _, action in ipairs(answer.result or {}) do
      if action.kind == 'quickfix' and not action.title:find('proposal') then
        table.insert(titles, action.title)
      end
    end
  end
  E.say('%s: %s: %s', path, vim.split(said.message, '\n')[1], table.concat(titles, ', '))
end

vim.cmd.edit('bin/dune')
vim.api.nvim_win_set_cursor(0, { 1, vim.fn.getline(1):find('libb') - 1 })
vim.lsp.buf.code_action({
  apply = true,
  filter = function(action)
    return action.title == 'AID: fix this error'
  end,
})
E.wait('the proposal', E.page)
vim.cmd.edit('bin/dune')
E.act('^AID: accept proposal 1')
E.wait('the fixed text', function()
  return E.text('bin/dune'):find('libraries lib)', 1, true)
end)
E.say('bin/dune: %s', vim.fn.getline(1))
E.say('done')
vim.cmd('qa!')
