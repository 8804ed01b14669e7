-- Drives `flow lsp` as somebody would who edits flow.kdl in Neovim; what comes back is printed as one JSON document.
local folder, program = os.getenv("FLOW_FOLDER"), os.getenv("FLOW_PROGRAM")
vim.cmd("edit " .. folder .. "/flow.kdl")
local id = vim.lsp.start_client({ name = "flow", cmd = { program, "lsp" }, root_dir = folder })
vim.lsp.buf_attach_client(0, id)

local function wait(what, condition)
    if not vim.wait(30000, condition, 20) then
        io.stderr:write("waited in vain for " .. what .. "\n" .. vim.inspect(vim.diagnostic.get(0)) .. "\n")
        io.stderr:write(table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n") .. "\n")
        vim.cmd("cquit")
    end
end

local function ask(method, word, more)
    local line, column = unpack(vim.fn.searchpos("\\V" .. word, "nw"))
    local parameters = vim.tbl_extend("force", {
        textDocument = vim.lsp.util.make_text_document_params(0),
        position = { line = line - 1, character = column },
    }, more or {})
    local answers = vim.lsp.buf_request_sync(0, method, parameters, 30000)
    return answers[id].result
end

wait("the server", function()
    return vim.lsp.get_client_by_id(id).initialized
end)
wait("mistakes", function()
    return #vim.diagnostic.get(0) > 0
end)

local told = {}
for _, mistake in ipairs(vim.diagnostic.get(0)) do
    table.insert(told, (mistake.lnum + 1) .. ": " .. mistake.message)
end
local offered = {}
local completion = ask("textDocument/completion", "locatio #")
for _, item in ipairs(completion.items or completion) do
    table.insert(offered, item.label)
end
local found = {
    mistakes = told,
    offered = offered,
    explained = ask("textDocument/hover", "core=1").contents.value,
    declared = ask("textDocument/definition", "web.ip"),
    named = #ask("textDocument/references", "web.ip", { context = { includeDeclaration = true } }),
    outline = #ask("textDocument/documentSymbol", "stage"),
}

-- The name is changed everywhere, the mistake is taken back, and the file is laid out.
vim.lsp.util.apply_workspace_edit(ask("textDocument/rename", "web.ip", { newName = "front" }), "utf-16")
vim.cmd("%s/locatio #true/location \"apac\"/")
wait("no mistakes", function()
    return #vim.diagnostic.get(0) == 0
end)
vim.lsp.util.apply_text_edits(
    ask("textDocument/formatting", "stage", { options = { tabSize = 4, insertSpaces = true } }),
    0,
    "utf-16"
)
found.text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
io.stdout:write(vim.json and vim.json.encode(found) or vim.fn.json_encode(found))
vim.cmd("qall!")
