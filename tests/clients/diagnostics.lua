-- An error in a file that is not open: known, visited, fixed, gone.

local E = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/editor.lua')
local main = vim.fn.fnamemodify('bin/main.ml', ':p')

local function known()
  local buffer = vim.fn.bufnr(main)
  return buffer > 0 and vim.diagnostic.get(buffer)[1]
end

E.visit('lib/stock.ml')
local said = E.wait('the error of the closed file', known)
E.say('known, loaded %s: %s', tostring(vim.api.nvim_buf_is_loaded(vim.fn.bufnr(main))), vim.split(said.message, '\n')[1])
E.say('%s %s', said.source, vim.diagnostic.severity[said.severity])

vim.cmd.edit(main)
E.wait('the server', function()
  return vim.lsp.get_clients({ name = 'aid', bufnr = 0 })[1]
end)
vim.api.nvim_win_set_cursor(0, { said.lnum + 1, said.col })
E.say('text there: %s', vim.api.nvim_buf_get_text(0, said.lnum, said.col, said.end_lnum, said.end_col, {})[1])
local offered = E.wait('the quick fix', function()
  local params = vim.lsp.util.make_range_params(0, E.client.offset_encoding)
  params.context = { diagnostics = vim.tbl_map(function(one)
    return one.user_data.lsp
  end, vim.diagnostic.get(0)), triggerKind = 1 }
  local answers = vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 10000) or {}
  for _, answer in pairs(answers) do
    for _, action in ipairs(answer.result or {}) do
      if action.title == 'AID: fix this error' then
        return action.kind
      end
    end
  end
end)
E.say('offered as %s', offered)
vim.lsp.buf.code_action({
  apply = true,
  filter = function(action)
    return action.title == 'AID: fix this error'
  end,
})
E.wait('the proposal', E.page)
vim.cmd.edit(main)
E.act('^AID: accept proposal 1')
E.wait('the fixed text', function()
  return E.text('bin/main.ml'):find('Stock.value', 1, true)
end)
E.say('still shown before the save: %s', tostring(known() and true or false))
vim.cmd('silent wall')
E.wait('nothing is wrong', function()
  return not known()
end)
E.say('gone after the save')
E.say('done')
vim.cmd('qa!')
