-- A real Neovim with the README's five lines of configuration, then a small vocabulary for the scenarios: wait, act, say.

local command = vim.split(vim.env.AID_COMMAND, ' ')
vim.cmd('filetype on')
vim.filetype.add({ extension = { ml = 'ocaml', mli = 'ocaml' } })
vim.api.nvim_create_autocmd('FileType', {
  pattern = { 'ocaml', 'markdown' },
  callback = function()
    vim.lsp.start({ name = 'aid', cmd = command, root_dir = vim.fn.getcwd() })
  end,
})

E = { progress = {} }

vim.api.nvim_create_autocmd('LspProgress', {
  callback = function(event)
    local value = event.data.params.value
    table.insert(E.progress, value.kind .. ': ' .. (value.message or value.title or ''))
  end,
})

function E.say(...)
  io.stdout:write('@ ' .. string.format(...) .. '\n')
end

-- To wait for anything: a wait that ends well costs no more, however busy the machine.
local PATIENCE_MS = 180 * 1000

function E.wait(what, predicate)
  local value
  vim.wait(PATIENCE_MS, function()
    value = predicate()
    return value
  end, 20)
  if not value then
    E.say('timeout: %s', what)
    E.say('messages: %s', vim.fn.execute('messages'))
    vim.cmd('cquit 3')
  end
  return value
end

function E.visit(file)
  vim.cmd.edit(file)
  E.client = E.wait('the server', function()
    local client = vim.lsp.get_clients({ name = 'aid', bufnr = 0 })[1]
    return client and client.initialized and client
  end)
end

function E.cursor(pattern)
  vim.fn.cursor(1, 1)
  assert(vim.fn.search(pattern, 'cW') > 0, pattern)
end

function E.titles()
  local params = vim.lsp.util.make_range_params(0, E.client.offset_encoding)
  params.context = { diagnostics = {}, triggerKind = 1 }
  local answers = vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 10000) or {}
  local titles = {}
  for _, answer in pairs(answers) do
    for _, action in ipairs(answer.result or {}) do
      table.insert(titles, action.title)
    end
  end
  return titles
end

-- What a user's key for code actions does, the choice made by its title.
function E.act(pattern)
  E.wait('action ' .. pattern, function()
    for _, title in ipairs(E.titles()) do
      if title:find(pattern) then
        return true
      end
    end
  end)
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      return action.title:find(pattern) ~= nil
    end,
  })
end

function E.text(file)
  local buffer = vim.fn.bufnr(file)
  if buffer < 0 or not vim.api.nvim_buf_is_loaded(buffer) then
    return table.concat(vim.fn.readfile(file), '\n')
  end
  return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n')
end

function E.page()
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_get_name(buffer):find('proposal%-[^/]*%.md$') then
      return buffer
    end
  end
end

return E
