-- The main job in Neovim: comment, proposal, refine, reject, accept, undo.

local E = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/editor.lua')
local stock = vim.fn.fnamemodify('lib/stock.ml', ':p')

local function comment(text)
  vim.cmd.edit(stock)
  E.cursor(vim.fn.search('(\\* AID:', 'nw') > 0 and '(\\* AID:' or 'What all pieces')
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  local last = vim.api.nvim_get_current_line():find('AID:') and line + 1 or line
  vim.api.nvim_buf_set_lines(0, line, last, false, { '(* AID: ' .. text .. ' *)' })
  vim.fn.cursor(line + 1, 1)
end

local function accepting()
  return vim.tbl_filter(function(title)
    return title:find('accept')
  end, E.titles())
end

E.visit(stock)
comment('rename value value to worth')
E.say('actions on the comment: %s', table.concat(E.titles(), ', '))
E.act('^AID: rename value value to worth')
local page = E.wait('the proposal page', E.page)
E.say('page: %s', vim.api.nvim_buf_get_lines(page, 0, 1, false)[1])
E.say('progress began and ended: %s', tostring(#E.progress > 1 and E.progress[1]:find('begin') ~= nil))

comment('rename value worth to total_value')
E.act('^AID: refine proposal 1: rename value worth to total_value')
E.wait('the refined proposal', function()
  return accepting()[1] == 'AID: accept proposal 2'
end)
E.say('open: %s', table.concat(accepting(), ', '))
E.act('^AID: reject proposal 2')
E.wait('nothing is open', function()
  return #accepting() == 0
end)

comment('rename value value to worth')
E.act('^AID: rename value value to worth')
-- Accepted on the page, where the same server answers.
page = E.wait('the third page', function()
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_get_name(buffer):find('proposal%-3%.md$') then
      return buffer
    end
  end
end)
vim.api.nvim_set_current_buf(page)
E.say('actions on the page: %s', table.concat(E.titles(), ', '))
E.act('^AID: accept proposal 3')
for file, word in pairs({ ['lib/stock.ml'] = 'let worth', ['lib/stock.mli'] = 'val worth', ['test/test_stock.ml'] = 'worth bolt' }) do
  E.wait(word, function()
    return E.text(file):find(word, 1, true)
  end)
end
E.say('comment is gone: %s', tostring(not E.text('lib/stock.ml'):find('AID:')))

for _, file in ipairs({ 'lib/stock.ml', 'lib/stock.mli', 'test/test_stock.ml' }) do
  vim.api.nvim_buf_call(vim.fn.bufnr(file), function()
    vim.cmd('silent undo')
  end)
end
E.say('undone: %s', tostring(not (E.text('lib/stock.ml') .. E.text('lib/stock.mli') .. E.text('test/test_stock.ml')):find('worth[ :]')
  or E.text('lib/stock.ml'):find('AID: rename value value to worth') ~= nil and not E.text('lib/stock.mli'):find('val worth')))
for _, file in ipairs({ 'lib/stock.ml', 'lib/stock.mli', 'test/test_stock.ml' }) do
  vim.api.nvim_buf_call(vim.fn.bufnr(file), function()
    vim.cmd('silent redo')
  end)
end
vim.cmd('silent wall')
E.say('done')
vim.cmd('qa!')
