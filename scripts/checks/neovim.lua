-- Run by neovim.sh in a Neovim that has a faulty config open and was set up as docs/editors.md says. LORALINT is the program itself, for
-- what `loralint check` says.
local patience = tonumber(vim.env.PATIENCE or 60000)

local function fail(message)
  io.stdout:write('FAILED: ' .. message .. '\n')
  vim.cmd('cquit 1')
end

local function sorted(items, name_of)
  local names = vim.tbl_map(name_of, items)
  table.sort(names)
  return table.concat(names, '\n')
end

-- Before 0.8 the code lies with what the server sent.
local function rules()
  return sorted(vim.diagnostic.get(0), function(found) return found.code or found.user_data.lsp.code end)
end

local checked = vim.fn.json_decode(vim.fn.system({ vim.env.LORALINT, 'check', '--format', 'json', vim.fn.expand('%') }))
local expected = sorted(checked.files[1].findings, function(finding) return finding.name end)

if not vim.wait(patience, function() return #vim.diagnostic.get(0) > 0 end, 20) then fail('no findings') end
if rules() ~= expected then fail('findings are\n' .. rules() .. '\nand not\n' .. expected) end

-- The quick fix of axolotl-lora-4bit-ignored, as a person asks for it: on its line.
local line = vim.fn.search('^load_in_4bit')
vim.api.nvim_win_set_cursor(0, { line, 15 })
local client = vim.lsp.get_active_clients()[1]
local params = vim.lsp.util.make_range_params()
params.context = { diagnostics = vim.lsp.diagnostic.get_line_diagnostics(0, line - 1) }
local answers, problem = vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, patience)
if not answers then fail('no code actions: ' .. tostring(problem)) end
local titles, fix = {}, nil
for _, action in ipairs(answers[client.id].result or {}) do
  table.insert(titles, action.title)
  if action.title == 'Set adapter to qlora' then fix = action end
end
if not fix then fail('code actions are ' .. table.concat(titles, ', ')) end
vim.lsp.util.apply_workspace_edit(fix.edit, client.offset_encoding)

local function is_gone() return not rules():find('axolotl-lora-4bit-ignored', 1, true) end
if not vim.wait(patience, is_gone, 20) then fail('the finding is still there') end

-- A hover on a key says something.
vim.api.nvim_win_set_cursor(0, { vim.fn.search('^lora_alpha'), 2 })
local hovers = vim.lsp.buf_request_sync(0, 'textDocument/hover', vim.lsp.util.make_position_params(), patience)
local hover = hovers and hovers[client.id].result
if not hover or not hover.contents.value:find('lora_alpha', 1, true) then fail('no hover: ' .. vim.inspect(hovers)) end

vim.cmd('write')
io.stdout:write('\nNeovim: findings, quick fix and hover\n')
vim.cmd('qall!')
