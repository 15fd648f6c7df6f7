---@brief
---
--- AID: describe a change to OCaml code, get a diff over `.ml`, `.mli`, dune and test files that builds.
---
--- Install the command `aid`; then, with this file in a folder `lsp/` of 'runtimepath': `vim.lsp.enable('aid')`.
--- This file works alone; the plugin that it comes with adds `:AID`, review in diff splits and a statusline component.

local markers = { 'dune-workspace', 'dune-project', '.git', '.hg' }

---@type vim.lsp.Config
return {
  cmd = { 'aid', 'lsp' },
  filetypes = { 'ocaml', 'ocaml.interface', 'ocamlinterface', 'dune', 'markdown' },
  root_markers = markers,
  -- AID's pages are outside the project; they belong to the server that runs. Other Markdown files are none of its business.
  root_dir = function(buffer, found)
    local name = vim.api.nvim_buf_get_name(buffer)
    if name:find('/pages?/[^/]+%.md$') then
      local client = vim.lsp.get_clients({ name = 'aid' })[1]
      if client then
        found(client.config.root_dir)
      end
    elseif vim.bo[buffer].filetype ~= 'markdown' and vim.bo[buffer].buftype == '' then
      found(vim.fs.root(buffer, markers[1]) or vim.fs.root(buffer, markers[2]) or vim.fs.root(buffer, markers) or vim.fn.getcwd())
    end
  end,
}
