-- A proposal in diff splits: a tab page, your file on the left, the proposal on the right, one file at a time.

local M = {}

local review ---@type { proposal: table, index: integer, tab: integer, file: table }?

local keys = {
  ga = { 'accept', 'accept all of it' },
  gf = { 'accept file', 'accept this file' },
  gh = { 'accept hunk', 'accept the hunk under the cursor' },
  gr = { 'reject', 'reject it' },
  gc = { 'refine', 'say what should be different' },
}

local function aid()
  return require('aid')
end

local function scratch(name, text, filetype)
  local old = vim.fn.bufnr('^' .. vim.fn.escape(name, '[]*?') .. '$')
  if old > 0 then
    vim.api.nvim_buf_delete(old, { force = true })
  end
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_name(buffer, name)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(((text or ''):gsub('\n$', '')), '\r?\n'))
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].syntax = filetype
  return buffer
end

local function bind(buffer)
  vim.b[buffer].aid_proposal = review.proposal.proposal
  for key, what in pairs(keys) do
    vim.keymap.set('n', key, '<Cmd>AID ' .. what[1] .. '<CR>', { buffer = buffer, desc = 'AID: ' .. what[2], nowait = true })
  end
  local function map(key, desc, run)
    vim.keymap.set('n', key, run, { buffer = buffer, desc = 'AID: ' .. desc, nowait = true })
  end
  map(']f', 'next file', function()
    M.file(review.index + 1)
  end)
  map('[f', 'previous file', function()
    M.file(review.index - 1)
  end)
  map('q', 'close the review', function()
    M.close()
  end)
end

---Opens the review of a proposal.
function M.open(number)
  aid().execute('aid.proposal', { proposal = number, texts = true }, function(proposal)
    if #proposal.files == 0 then
      return vim.notify('AID: proposal ' .. number .. ' changes nothing: ' .. proposal.headline)
    end
    M.close()
    vim.cmd.tabnew()
    vim.bo.bufhidden = 'wipe'
    review = { proposal = proposal, index = 1, tab = vim.api.nvim_get_current_tabpage() }
    M.file(1)
    aid().report(number, 'opened')
  end)
end

---Shows one file of the proposal, by its place in the list.
function M.file(index)
  local proposal = review.proposal
  local file = proposal.files[(index - 1) % #proposal.files + 1]
  review.index, review.file = (index - 1) % #proposal.files + 1, file
  vim.api.nvim_set_current_tabpage(review.tab)
  vim.cmd.diffoff({ bang = true })
  vim.cmd('silent only')
  local path = vim.fn.fnamemodify(vim.uri_to_fname(file.uri), ':.')
  local filetype = vim.filetype.match({ filename = path }) or ''
  if file.kind == 'edit' then
    vim.cmd.edit(vim.fn.fnameescape(path))
  else
    local before = file.before ~= vim.NIL and file.before or ''
    vim.api.nvim_win_set_buf(0, scratch(('aid://%s/before/%s'):format(proposal.proposal, file.path), before, filetype))
  end
  vim.cmd.diffthis()
  local said = (' AID proposal %s, %s: %s (%s, %d of %d)'):format(
    proposal.proposal,
    proposal.headline,
    file.path,
    file.kind,
    review.index,
    #proposal.files
  )
  vim.wo.winbar = said:gsub('%%', '%%%%')
  local after = file.after ~= vim.NIL and file.after or ''
  local buffer = scratch(('aid://%s/%s'):format(proposal.proposal, file.path), after, filetype)
  vim.cmd('rightbelow vertical sbuffer ' .. buffer)
  vim.cmd.diffthis()
  bind(buffer)
  vim.wo.winbar = ' ga accept  gf file  gh hunk  gr reject  gc refine  ]f [f  q%<'
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
  vim.cmd('silent! normal! ]c')
end

---The file or hunk under the cursor as aid.accept takes it; nil outside a review.
function M.part(what)
  if not review or vim.b.aid_proposal ~= review.proposal.proposal then
    return nil
  end
  if what == 'file' then
    return { files = { review.file.path } }
  end
  local line, nearest, least = vim.fn.line('.'), nil, math.huge
  for _, hunk in ipairs(review.file.hunks or {}) do
    local last = hunk.new_start + math.max(hunk.new_count, 1) - 1
    local away = math.max(hunk.new_start - line, line - last, 0)
    if away < least then
      nearest, least = hunk, away
    end
  end
  return nearest and { hunks = { { path = review.file.path, id = nearest.id } } }
end

---Goes on when something was decided: shows what is left of the proposal, or closes the review.
function M.decided(number, rest)
  if not review or review.proposal.proposal ~= number then
    return
  end
  if not rest then
    return M.close()
  end
  aid().execute('aid.proposal', { proposal = number, texts = true }, function(proposal)
    if proposal.outcome ~= 'open' or #proposal.files == 0 then
      return M.close()
    end
    review.proposal = proposal
    M.file(math.min(review.index, #proposal.files))
  end)
end

---Closes the review; the proposal stays as it is.
function M.close()
  if review and vim.api.nvim_tabpage_is_valid(review.tab) then
    vim.api.nvim_set_current_tabpage(review.tab)
    vim.cmd.diffoff({ bang = true })
    if #vim.api.nvim_list_tabpages() > 1 then
      vim.cmd.tabclose()
    else
      vim.cmd('silent only')
    end
  end
  review = nil
end

return M
