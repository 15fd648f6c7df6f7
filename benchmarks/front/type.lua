-- A real Neovim that types until the file in $STOP appears, and asks all the time whether the daemon has what it typed.

local command = vim.json.decode(vim.env.FRONT)
math.randomseed(tonumber(vim.env.SEED))
vim.cmd.edit(vim.env.FILE)
local buffer = vim.api.nvim_get_current_buf()
local uri = vim.uri_from_bufnr(buffer)
local id = vim.lsp.start({ name = 'aid', cmd = command, root_dir = vim.env.ROOT })
vim.wait(60000, function()
  local client = vim.lsp.get_client_by_id(id)
  return client and client.initialized
end, 10)
local client = vim.lsp.get_client_by_id(id)
local pieces = { 'let x = 1', 'é😋', '\f', '(* AID *)', 'x', 'y', '' }
local changes, checks, differing = 0, 0, 0

local function change()
  local count = vim.api.nvim_buf_line_count(buffer)
  local row = math.random(0, count - 1)
  local text = { pieces[math.random(#pieces)] }
  if math.random() < 0.2 then
    table.insert(text, '')
  end
  if count > 300 then
    vim.api.nvim_buf_set_lines(buffer, 100, -1, false, {})
  else
    vim.api.nvim_buf_set_text(buffer, row, 0, row, 0, text)
  end
  changes = changes + 1
end

local function same()
  local expected = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n') .. '\n'
  while true do
    local answer = client.request_sync('$aid/text', { uri = uri }, 60000, buffer)
    if not answer then
      return false
    end
    if not answer.err then
      return type(answer.result) == 'table' and answer.result.text == expected
    end
    if answer.err.code ~= -32801 then
      return false
    end
  end
end

while not vim.uv.fs_stat(vim.env.STOP) do
  change()
  if changes % 20 == 0 then
    checks = checks + 1
    if not same() then
      differing = differing + 1
    end
  end
  vim.wait(5)
end
checks = checks + 1
if not same() then
  differing = differing + 1
end
io.stdout:write(('@ %d %d %d\n'):format(changes, checks, differing))
vim.cmd('qall!')
