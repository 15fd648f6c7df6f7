-- AID in Neovim: starts the server, asks, shows, reports. What it means is said by the server.

local M = { statuses = {} } ---@type table<string, table> the newest aid/status of each workspace

local waiting = {} ---@type table<string, fun(job: table)> what to do when a job has ended
local shown = {} ---@type table<string, number> when each proposal was first shown, in milliseconds

local function now()
  return vim.uv.hrtime() / 1e6
end

local function tell(text, level)
  vim.notify('AID: ' .. text, level or vim.log.levels.INFO)
end

-- The server

---Starts AID for OCaml and dune buffers. `options` is what `vim.lsp.config` takes, such as `{ cmd = { 'aid', 'lsp' } }`.
function M.setup(options)
  local config = vim.tbl_deep_extend('force', {
    capabilities = vim.tbl_deep_extend('force', vim.lsp.protocol.make_client_capabilities(), {
      experimental = { aid = { status = true, inputBox = true, review = true } },
    }),
    handlers = { ['aid/status'] = M.heard, ['workspace/applyEdit'] = M.apply },
  }, options or {})
  if vim.lsp.config and vim.lsp.enable then -- Neovim 0.11
    vim.lsp.config('aid', config)
    return vim.lsp.enable('aid')
  end
  local file = vim.api.nvim_get_runtime_file('lsp/aid.lua', false)[1]
  config = vim.tbl_deep_extend('force', dofile(file), config, { name = 'aid' })
  local function start(buffer)
    config.root_dir(buffer, function(root)
      local given = vim.tbl_extend('force', config, { root_dir = root })
      given.filetypes, given.root_markers = nil, nil
      vim.lsp.start(given, { bufnr = buffer })
    end)
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('aid', {}),
    pattern = config.filetypes,
    callback = function(event)
      start(event.buf)
    end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.tbl_contains(config.filetypes, vim.bo[buffer].filetype) then
      start(buffer)
    end
  end
end

---Applies an edit as Neovim does; what is written on a page while an answer comes is not told one by one.
function M.apply(problem, params, context, ...)
  if params.label == 'AID: the page' then
    params.label = nil
  end
  return vim.lsp.handlers['workspace/applyEdit'](problem, params, context, ...)
end

---The server of a buffer, else any that runs.
function M.client(buffer)
  return vim.lsp.get_clients({ name = 'aid', bufnr = buffer or 0 })[1] or vim.lsp.get_clients({ name = 'aid' })[1]
end

---Has the server run a command; `go_on` gets the answer. Never waits.
function M.execute(command, argument, go_on)
  local client = M.client()
  if not client then
    return tell('it does not run here; open an OCaml file, and see :checkhealth aid', vim.log.levels.ERROR)
  end
  local params = { command = command, arguments = { vim.tbl_isempty(argument) and vim.empty_dict() or argument } }
  local function answered(problem, answer)
    if problem then
      return tell(problem.message, vim.log.levels.ERROR)
    end
    if go_on then
      go_on(answer or {})
    end
  end
  local buffer = vim.api.nvim_get_current_buf()
  if vim.fn.has('nvim-0.11') == 1 then
    client:request('workspace/executeCommand', params, answered, buffer)
  else
    client.request('workspace/executeCommand', params, answered, buffer)
  end
end

local function ended(status)
  for _, job in ipairs(status.jobs or {}) do
    local go_on = waiting[job.job]
    if go_on and job.state ~= 'running' then
      waiting[job.job] = nil
      if job.state == 'done' then
        go_on(job)
      else
        tell(job.message ~= vim.NIL and job.message or job.state, vim.log.levels.WARN)
      end
    end
  end
end

---Has the server run a command that starts a job; `go_on` gets the job when it is done.
function M.job(command, argument, go_on)
  vim.api.nvim_echo({ { 'AID: working …' } }, false, {})
  M.execute(command, argument, function(answer)
    if answer.job then
      waiting[answer.job] = go_on or function() end
      vim.iter(vim.tbl_values(M.statuses)):each(ended)
    end
  end)
end

---Takes an `aid/status` notification.
function M.heard(_, status)
  M.statuses[status.root] = status
  vim.cmd.redrawstatus({ bang = true })
  ended(status)
end

---What the statusline says: how the build stands, what runs, how many proposals wait. Empty where AID does not run.
function M.statusline()
  local name = vim.api.nvim_buf_get_name(0)
  local status
  for root, one in pairs(M.statuses) do
    if not status or vim.startswith(name, root .. '/') then
      status = one
    end
  end
  if not status or not M.client() then
    return ''
  end
  local errors = status.build.errors
  local words = { green = 'ok', red = errors == 1 and '1 error' or errors .. ' errors', building = 'building' }
  local said = { 'AID ' .. (words[status.build.state] or '?') }
  if #status.proposals > 0 then
    table.insert(said, #status.proposals .. ' open')
  end
  for _, job in ipairs(status.jobs) do
    if job.state == 'running' then
      table.insert(said, vim.fn.strcharpart(job.message ~= '' and job.message or job.title, 0, 40))
      break
    end
  end
  return (table.concat(said, ', '):gsub('%%', '%%%%'))
end

-- Where

local function place(call)
  if vim.bo.buftype ~= '' or vim.bo.filetype == 'markdown' then
    return {}
  end
  local client = M.client()
  local range = vim.lsp.util.make_range_params(0, client and client.offset_encoding or 'utf-16').range
  if call and call.range > 0 then
    local last = vim.api.nvim_buf_get_lines(0, call.line2 - 1, call.line2, false)[1] or ''
    local encoding = client and client.offset_encoding or 'utf-16'
    local width = encoding == 'utf-8' and #last or encoding == 'utf-32' and vim.fn.strchars(last) or vim.fn.strutf16len(last)
    range = { start = { line = call.line1 - 1, character = 0 }, ['end'] = { line = call.line2 - 1, character = width } }
  end
  return { uri = vim.uri_from_bufnr(0), range = range }
end

local function with(argument, call)
  return vim.tbl_extend('keep', argument, place(call))
end

---Asks for a line of text unless it was given; `go_on` gets it. The history is that of |input()|.
local function ask(prompt, given, go_on)
  if given ~= '' then
    return go_on(given)
  end
  vim.ui.input({ prompt = 'AID, ' .. prompt .. ': ' }, function(said)
    if said and vim.trim(said) ~= '' then
      go_on(vim.trim(said))
    end
  end)
end

---The proposal that is meant: the one named, the one of the review or page, else the newest open one.
function M.proposal(given)
  local number = (given or ''):match('^%d+$') or vim.b.aid_proposal or vim.api.nvim_buf_get_name(0):match('/proposal%-(%d+)%.md$')
  if not number and vim.bo.filetype == 'markdown' then
    for line = vim.fn.line('.'), 1, -1 do
      number = vim.fn.getline(line):match('^#+ .*[Pp]roposal (%d+)')
      if number then
        break
      end
    end
  end
  for _, status in pairs(M.statuses) do
    local open = status.proposals[#status.proposals]
    number = number or (open and open.proposal)
  end
  if not number then
    tell('no proposal is open', vim.log.levels.WARN)
  end
  return number
end

---Tells the journal what the user did with a proposal: ids and times, no text.
function M.report(number, event)
  local version = vim.version()
  shown[number] = shown[number] or now()
  M.execute('aid.report', {
    proposal = number,
    event = event,
    elapsed_ms = math.floor(now() - shown[number]),
    client = ('aid.nvim 0.1.0, Neovim %d.%d.%d'):format(version.major, version.minor, version.patch),
  })
end

local function offered(job)
  if type(job.proposal) == 'string' then
    M.execute('aid.proposal', { proposal = job.proposal }, function(it)
      tell(('proposal %s is %s, %s. :AID review or :AID accept'):format(it.proposal, it.headline, it.size))
    end)
    M.report(job.proposal, 'shown')
  end
end

---Shows a page beside the code; `line` counts from 0.
local function visit(uri, line)
  local buffer = vim.uri_to_bufnr(uri)
  vim.fn.bufload(buffer)
  local window = vim.fn.bufwinid(buffer)
  if window < 0 then
    vim.cmd('vertical sbuffer ' .. buffer)
    vim.bo.buflisted = true
  else
    vim.api.nvim_set_current_win(window)
  end
  vim.api.nvim_win_set_cursor(0, { math.min((line or 0) + 1, vim.api.nvim_buf_line_count(buffer)), 0 })
  vim.wo[0][0].linebreak = true
  for key, command in pairs({ ['<CR>'] = 'send', ga = 'accept', gh = 'accept hunk', gr = 'reject', gc = 'refine' }) do
    vim.keymap.set('n', key, '<Cmd>AID ' .. command .. '<CR>', { buffer = buffer, desc = 'AID: ' .. command })
  end
  for key, flags in pairs({ [']h'] = 'W', ['[h'] = 'bW' }) do
    vim.keymap.set('n', key, function()
      vim.fn.search('^@@ ', flags)
    end, { buffer = buffer, desc = 'AID: next or previous hunk' })
  end
end

---Saves a page when its answer is whole.
local function save(uri)
  return function()
    vim.api.nvim_buf_call(vim.uri_to_bufnr(uri), function()
      vim.cmd('silent! update')
    end)
  end
end

---The hunk or file under the cursor on a page, as aid.accept takes it.
local function part_on_page(what)
  local index, path = -1, nil
  for line = vim.fn.line('.'), 1, -1 do
    local text = vim.fn.getline(line)
    index = text:find('^@@ ') and index + 1 or index
    path = text:match('^%+%+%+ b/([^\t]+)') or text:match('^%+%+%+ ([^\t]+)')
    if path then
      break
    end
  end
  if path then
    return (what == 'file' or index < 0) and { files = { path } } or { hunks = { { path = path, index = index } } }
  end
end

-- Commands: `:AID NAME words…`

local commands = {}

function commands.change(words, call)
  ask(call.range > 0 and 'change in these lines' or 'change', words, function(instruction)
    M.job('aid.change', with({ instruction = instruction }, call), offered)
  end)
end

function commands.fix()
  local line = vim.fn.line('.') - 1
  local found = vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })
  local buffer = 0
  table.sort(found, function(a, b) -- that of this line, then the next one, then the first
    local function key(one)
      return one.lnum == line and -1 or one.lnum > line and one.lnum or one.lnum + 1e6
    end
    return key(a) < key(b)
  end)
  found[1] = found[1] or vim.diagnostic.get(nil, { severity = vim.diagnostic.severity.ERROR })[1]
  if not found[1] then
    return tell('there is no error', vim.log.levels.WARN)
  end
  buffer = found[1].bufnr or buffer
  local said = vim.tbl_get(found[1], 'user_data', 'lsp')
  local start = { line = found[1].lnum, character = found[1].col }
  local stop = { line = found[1].end_lnum or found[1].lnum, character = found[1].end_col or found[1].col }
  local given = { range = said and said.range or { start = start, ['end'] = stop }, message = found[1].message, severity = 1 }
  M.job('aid.fix', { uri = vim.uri_from_bufnr(buffer), diagnostic = given }, offered)
end

function commands.ask(words, call)
  ask('question', words, function(question)
    local asked = with({ question = question, open = false }, call)
    -- The page is opened first, so that the answer comes into its buffer.
    M.execute('aid.page', { uri = asked.uri, open = false }, function(page)
      visit(page.uri)
      M.execute('aid.ask', asked, function(answer)
        waiting[answer.job] = save(answer.uri)
        visit(answer.uri, answer.line)
      end)
    end)
  end)
end

function commands.page(_, call)
  M.execute('aid.page', with({ open = false, new = call.bang or nil }, call), function(answer)
    visit(answer.uri, answer.line)
  end)
end

function commands.send(words)
  local number = vim.api.nvim_buf_get_name(0):match('/proposal%-(%d+)%.md$')
  if number then
    return M.job('aid.refine', { proposal = number, uri = vim.uri_from_bufnr(0) }, offered)
  end
  local position = vim.lsp.util.make_position_params(0, M.client() and M.client().offset_encoding or 'utf-16').position
  local uri = vim.uri_from_bufnr(0)
  M.job('aid.send', { uri = uri, position = position, as = words ~= '' and words or nil }, function(job)
    save(uri)()
    if type(job.proposal) == 'string' then
      M.report(job.proposal, 'shown')
    end
  end)
end

function commands.append(words, call)
  local what = words ~= '' and words or call.range > 0 and 'region' or 'file'
  local said = what == 'diagnostic' and vim.diagnostic.get(0, { lnum = vim.fn.line('.') - 1 })[1] or nil
  local argument = { what = what, open = false, diagnostic = said and vim.tbl_get(said, 'user_data', 'lsp') }
  M.execute('aid.append', with(argument, call), function(answer)
    visit(answer.uri, answer.line)
  end)
end

function commands.review(words)
  local number = M.proposal(words)
  if number then
    require('aid.review').open(number)
  end
end

function commands.show(words)
  local number = M.proposal(words)
  if number then
    M.execute('aid.show', { proposal = number, open = false }, function(answer)
      M.report(number, 'opened')
      visit(answer.page, 0)
    end)
  end
end

function commands.accept(words)
  local what = words:match('hunk') or words:match('file')
  local number = M.proposal(words:match('%d+'))
  if not number then
    return
  end
  local part = what and (require('aid.review').part(what) or part_on_page(what))
  if what and not part then
    return tell('there is no ' .. what .. ' of a proposal here', vim.log.levels.WARN)
  end
  M.job('aid.accept', vim.tbl_extend('error', { proposal = number }, part or {}), function()
    M.report(number, part and 'partly-accepted' or 'accepted')
    tell((part and 'that part' or 'all') .. ' of proposal ' .. number .. ' is applied; :wall saves it')
    require('aid.review').decided(number, part ~= nil)
  end)
end

function commands.reject(words)
  local number = M.proposal(words)
  if number then
    M.execute('aid.reject', { proposal = number }, function()
      M.report(number, 'rejected')
      tell('proposal ' .. number .. ' is rejected')
      require('aid.review').decided(number, false)
    end)
  end
end

function commands.refine(words)
  local number = M.proposal(words:match('^%d+'))
  if number then
    ask('proposal ' .. number .. ' should', vim.trim((words:gsub('^%d+', ''))), function(instruction)
      M.report(number, 'refined')
      M.job('aid.refine', { proposal = number, instruction = instruction }, function(job)
        require('aid.review').decided(number, false)
        offered(job)
      end)
    end)
  end
end

function commands.cancel()
  M.execute('aid.cancel', {}, function(answer)
    tell(#(answer.cancelled or {}) .. ' cancelled')
  end)
end

function commands.status()
  M.execute('aid.status', {})
end

local words_of = { accept = { 'file', 'hunk' }, append = { 'region', 'file', 'diagnostic', 'build' }, send = { 'ask', 'change', 'refine' } }

---Runs `:AID …`; without a word it asks for a change.
function M.run(call)
  local name, words = call.args:match('^(%S+)%s*(.*)$')
  local command = commands[name or 'change']
  if not command then
    return tell(('there is no :AID %s; it has %s'):format(name, table.concat(M.complete('', 'AID '), ', ')), vim.log.levels.ERROR)
  end
  command(words or '', call)
end

---Completes `:AID …`.
function M.complete(lead, line)
  local name = line:match('AID!?%s+(%S+)%s')
  local words = name and vim.list_extend({}, words_of[name] or {}) or vim.tbl_keys(commands)
  if vim.tbl_contains({ 'accept', 'reject', 'refine', 'review', 'show' }, name) then
    for _, status in pairs(M.statuses) do
      for _, one in ipairs(status.proposals) do
        table.insert(words, one.proposal)
      end
    end
  end
  table.sort(words)
  return vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, words)
end

return M
