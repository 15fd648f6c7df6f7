-- :checkhealth aid

local M = {}

local function version_of(command)
  local ran, result = pcall(function()
    return vim.system(command, { text = true }):wait(5000)
  end)
  return ran and result.code == 0 and vim.split(result.stdout, '\n')[1] or nil
end

---Says what is there, what is missing and what to do about it.
function M.check()
  local health = vim.health
  health.start('AID')
  if vim.fn.has('nvim-0.10') == 1 then
    health.ok('Neovim ' .. tostring(vim.version()))
  else
    health.error('Neovim is older than 0.10', { 'Update Neovim.' })
  end
  local client = require('aid').client()
  local configured = vim.lsp.config and vim.lsp.config.aid and vim.lsp.config.aid.cmd
  local command = client and client.config.cmd or configured or { 'aid', 'lsp' }
  if type(command) == 'table' and vim.fn.executable(command[1]) == 1 then
    local found = vim.fn.exepath(command[1])
    local said = vim.fs.basename(command[1]) == 'aid' and version_of({ command[1], '--version' })
    health.ok(('`%s` is %s%s'):format(command[1], found, said and ', ' .. said or ''))
  else
    health.error(('`%s` is not executable'):format(tostring(type(command) == 'table' and command[1] or command)), {
      'Install it: `pipx install aid-lsp`, or in a checkout `pip install .`',
      "Or say where it is: `require('aid').setup({ cmd = { '/path/to/aid', 'lsp' } })`",
    })
  end
  local dune = version_of({ 'dune', '--version' })
  if dune then
    health.ok('dune ' .. dune)
  else
    health.error('`dune` is not on PATH', { 'Start Neovim where `dune build` works, for example by `opam exec -- nvim`.' })
  end
  if not client then
    return health.warn('no server runs', { "Call `require('aid').setup()` in init.lua and open an OCaml file of a dune project." })
  end
  health.ok('the server runs in ' .. tostring(client.config.root_dir))
  local statuses = require('aid').statuses
  if vim.tbl_isempty(statuses) then
    health.warn('it has sent no status', { "Set it up by `require('aid').setup()`; `vim.lsp.enable('aid')` alone asks for none." })
  end
  for root, status in pairs(statuses) do
    health.info(('%s: build %s %s'):format(root, status.build.state, status.build.note or ''))
  end
end

return M
