-- A model that answers slowly is cancelled from Neovim.

local E = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/editor.lua')

local function cancelling()
  return vim.tbl_filter(function(title)
    return title:find('cancel')
  end, E.titles())[1]
end

local function seen(kind)
  return function()
    return vim.iter(E.progress):find(function(line)
      return line:find(kind)
    end)
  end
end

E.visit('lib/stock.ml')
vim.api.nvim_buf_set_lines(0, 0, 0, false, { '(* AID: keep a list of suppliers *)' })
vim.fn.cursor(1, 1)
E.act('^AID: keep a list of suppliers')
E.say('progress: %s', (E.wait('words of the model', seen(' words?')):gsub('%d+', 'N'):gsub('^(%w+):', '%1')))
E.say('actions while it runs: %s', E.wait('the action that cancels', cancelling))
E.act('^AID: cancel job')
E.wait('the end of the progress', seen('^end'))
E.wait('nothing to cancel', function()
  return not cancelling()
end)
E.say('cancelled')
E.say('done')
vim.cmd('qa!')
