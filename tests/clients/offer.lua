-- A proposal is made here, and decided on in another editor.

local E = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/editor.lua')

local function accepting()
  return vim.tbl_filter(function(title)
    return title:find('accept')
  end, E.titles())
end

E.visit('lib/stock.ml')
vim.api.nvim_buf_set_lines(0, 4, 4, false, { '(* AID: rename value value to worth *)' })
vim.cmd('silent write')
vim.fn.cursor(5, 1)
local source = vim.api.nvim_get_current_buf()
E.act('^AID: rename value value to worth')
E.wait('the proposal page', E.page)
vim.api.nvim_set_current_buf(source)
E.say('open here: %s', table.concat(E.wait('the offer', function()
  return #accepting() > 0 and accepting()
end), ', '))
vim.fn.writefile({}, 'offered')
E.wait('a decision elsewhere', function()
  return #accepting() == 0
end)
E.say('decided elsewhere')
vim.cmd('qa!')
