"""Sessions of a real client, pytest-lsp, through every capability: under each position encoding, as a client that
declares everything and as one that declares nothing."""
import os
import pathlib

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

INKLING = str(pathlib.Path(os.environ["INKLING_BIN"]).resolve() / "inkling")
URI = "file:///tmp/inkling-pytest/sum.swift"
DOCUMENT = types.TextDocumentIdentifier(uri=URI)
LINES = [line for number in range(12) for line in (f"let sum{number} = counter + amount", f"print(sum{number})")]
TEXT = "\n".join(["// 😀 é 漢 e\u0301", *LINES, "/* 😀 */ let x = coun"])
LAST = len(LINES) + 1


def everything(encodings):
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=encodings),
        window=types.WindowClientCapabilities(work_done_progress=True),
        workspace=types.WorkspaceClientCapabilities(
            apply_edit=True, configuration=True, workspace_folders=True,
            did_change_configuration=types.DidChangeConfigurationClientCapabilities(dynamic_registration=True),
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True),
            semantic_tokens=types.SemanticTokensWorkspaceClientCapabilities(refresh_support=True)),
        text_document=types.TextDocumentClientCapabilities(
            completion=types.CompletionClientCapabilities(
                context_support=True,
                completion_item=types.ClientCompletionItemOptions(
                    label_details_support=True, documentation_format=[types.MarkupKind.Markdown]),
                completion_list=types.CompletionListCapabilities(item_defaults=["editRange"])),
            diagnostic=types.DiagnosticClientCapabilities(),
            inline_completion=types.InlineCompletionClientCapabilities(),
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
            code_action=types.CodeActionClientCapabilities(
                code_action_literal_support=types.ClientCodeActionLiteralOptions(
                    code_action_kind=types.ClientCodeActionKindOptions(value_set=[types.CodeActionKind.QuickFix]))),
            semantic_tokens=types.SemanticTokensClientCapabilities(
                requests=types.ClientSemanticTokensRequestOptions(full=True, range=True),
                token_types=[], token_modifiers=[], formats=[types.TokenFormat.Relative])))


def nothing(encodings):
    """A client that can do nothing, at most name its encodings."""
    return types.ClientCapabilities(general=types.GeneralClientCapabilities(position_encodings=encodings))


ENCODINGS = {
    "utf-8": [types.PositionEncodingKind.Utf8, types.PositionEncodingKind.Utf16],
    "utf-16": [types.PositionEncodingKind.Utf16],
    "utf-32": [types.PositionEncodingKind.Utf32, types.PositionEncodingKind.Utf16],
}
# By what a client declares and its encoding.
CLIENTS = {("nothing", None): types.ClientCapabilities()}
for encoding, offered in ENCODINGS.items():
    CLIENTS["everything", encoding] = everything(offered)
    CLIENTS["nothing", encoding] = nothing(offered)


def units(text, encoding):
    return len(text.encode({"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding])) // {
        "utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[INKLING, "serve"]), params=list(CLIENTS),
                   ids=lambda key: f"{key[0]}-{key[1]}")
async def client(request, lsp_client: LanguageClient):
    lsp_client.declared, lsp_client.wanted = request.param
    registered = []
    lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda params: registered.extend(params.registrations))
    lsp_client.feature(types.WORKSPACE_SEMANTIC_TOKENS_REFRESH)(lambda *_: None)
    lsp_client.set_configuration({"inkling": {"diagnostics": {"thresholdBits": 8}, "heatMap": {"enabled": True}}})
    lsp_client.result = await lsp_client.initialize_session(types.InitializeParams(
        process_id=os.getpid(), root_uri=None, capabilities=CLIENTS[request.param],
        initialization_options={"diagnostics": {"thresholdBits": 8, "delayMilliseconds": 50},
                                "heatMap": {"enabled": True}}))
    lsp_client.encoding = lsp_client.result.capabilities.position_encoding
    lsp_client.text_document_did_open(types.DidOpenTextDocumentParams(
        text_document=types.TextDocumentItem(uri=URI, language_id="swift", version=1, text=TEXT)))
    yield
    await lsp_client.shutdown_session()


def end_of_last_line(client):
    return types.Position(line=LAST, character=units(TEXT.split("\n")[-1], client.encoding))


@pytest.mark.asyncio
async def test_encoding(client):
    assert client.encoding == (client.wanted or "utf-16")


@pytest.mark.asyncio
async def test_completion(client):
    found = await client.text_document_completion_async(
        types.CompletionParams(text_document=DOCUMENT, position=end_of_last_line(client)))
    first = found.items[0]
    assert first.label == "counter"
    edit = found.item_defaults.edit_range if found.item_defaults else first.text_edit.range
    assert edit.start.character == units("/* 😀 */ let x = ", client.encoding)
    assert edit.end == end_of_last_line(client)
    assert [item.sort_text for item in found.items] == sorted(item.sort_text for item in found.items)
    resolved = await client.completion_item_resolve_async(first)
    documentation = resolved.documentation
    assert "%" in (documentation.value if client.declared == "everything" else documentation)


@pytest.mark.asyncio
async def test_edits(client):
    # The word before the emoji goes, then the emoji itself, and the line still completes at the right column.
    def change(version, start, end, text):
        client.text_document_did_change(types.DidChangeTextDocumentParams(
            text_document=types.VersionedTextDocumentIdentifier(uri=URI, version=version),
            content_changes=[types.TextDocumentContentChangePartial(
                range=types.Range(start=types.Position(line=LAST, character=start),
                                  end=types.Position(line=LAST, character=end)), text=text)]))
    change(2, 0, 3, "/*é")
    change(3, units("/*é", client.encoding), units("/*é😀", client.encoding), "漢😀漢")
    line = "/*é漢😀漢 */ let x = coun"
    found = await client.text_document_completion_async(types.CompletionParams(
        text_document=DOCUMENT, position=types.Position(line=LAST, character=units(line, client.encoding))))
    edit = found.item_defaults.edit_range if found.item_defaults else found.items[0].text_edit.range
    assert found.items[0].label == "counter"
    assert edit.start.character == units("/*é漢😀漢 */ let x = ", client.encoding)


@pytest.mark.asyncio
async def test_diagnostics(client):
    client.text_document_did_change(types.DidChangeTextDocumentParams(
        text_document=types.VersionedTextDocumentIdentifier(uri=URI, version=2),
        content_changes=[types.TextDocumentContentChangePartial(
            range=types.Range(start=end_of_last_line(client), end=end_of_last_line(client)), text="ter + zebra")]))
    if client.declared == "nothing":
        assert client.result.capabilities.diagnostic_provider is None
        await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        items = client.diagnostics[URI]
    else:
        report = await client.text_document_diagnostic_async(types.DocumentDiagnosticParams(text_document=DOCUMENT))
        items = report.items
        again = await client.text_document_diagnostic_async(types.DocumentDiagnosticParams(
            text_document=DOCUMENT, previous_result_id=report.result_id))
        assert again.kind == "unchanged"
    odd = [item for item in items if "zebra" in item.message]
    assert len(odd) == 1
    assert odd[0].range.start.character == units("/* 😀 */ let x = counter + ", client.encoding)


@pytest.mark.asyncio
async def test_other_capabilities(client):
    offered = client.result.capabilities
    place = types.Position(line=2, character=7)
    hover = await client.text_document_hover_async(types.HoverParams(text_document=DOCUMENT, position=place))
    assert hover is None or "bits" in hover.contents.value
    if client.declared == "nothing":
        assert offered.semantic_tokens_provider is None and offered.inline_completion_provider is None
        return
    tokens = await client.text_document_semantic_tokens_full_async(
        types.SemanticTokensParams(text_document=DOCUMENT))
    assert len(tokens.data) % 5 == 0 and tokens.data
    inline = await client.text_document_inline_completion_async(types.InlineCompletionParams(
        text_document=DOCUMENT, position=end_of_last_line(client),
        context=types.InlineCompletionContext(trigger_kind=types.InlineCompletionTriggerKind.Invoked)))
    assert inline.items[0].insert_text.startswith("ter")
    whole = types.Range(start=types.Position(line=0, character=0), end=types.Position(line=5, character=0))
    actions = await client.text_document_code_action_async(types.CodeActionParams(
        text_document=DOCUMENT, range=whole, context=types.CodeActionContext(diagnostics=[])))
    # The library takes an action for its command alone where both would fit.
    assert all(getattr(action, "edit", None) or "inkling.accept" in str(action.command) for action in actions or [])


@pytest.mark.asyncio
async def test_requests_of_any_client(client):
    """What Inkling adds to the protocol, and what it serves whether or not the client says that it asks."""
    params = {"textDocument": {"uri": URI}, "position": {"line": LAST, "character": end_of_last_line(client).character}}
    found = await client.protocol.send_request_async("inkling/complete", params)
    assert found.items[0].text == "counter"
    assert found.items[0].range.start.character == units("/* 😀 */ let x = ", client.encoding)
    ghost = await client.protocol.send_request_async("inkling/inlineCompletion", {
        **params, "context": {"triggerKind": 1,
                              "selectedCompletionInfo": {"range": {"start": params["position"],
                                                                   "end": params["position"]}, "text": "ter"}}})
    assert all(item.insertText.startswith("ter") for item in ghost.items)
    line = {"start": {"line": LAST, "character": 0}, "end": {"line": LAST, "character": 0}}
    scores = await client.protocol.send_request_async(
        "inkling/score", {"textDocument": {"uri": URI}, "range": line})
    last = scores.tokens[-1].range
    assert (last.start.character, last.end.character) == (
        units("/* 😀 */ let x = ", client.encoding), end_of_last_line(client).character)
    status = await client.protocol.send_request_async("inkling/status", {})
    assert status.positionEncoding == client.encoding and status.documents == [URI]
    if client.declared == "everything":
        tokens = await client.text_document_semantic_tokens_range_async(types.SemanticTokensRangeParams(
            text_document=DOCUMENT, range=types.Range(start=types.Position(line=LAST, character=0),
                                                      end=end_of_last_line(client))))
        assert not tokens.data or tokens.data[0] == LAST


@pytest.mark.asyncio
async def test_life_of_a_document(client):
    """Replaced whole, saved, closed and opened again, settings and folders changed in between, traced throughout."""
    client.set_trace(types.SetTraceParams(value=types.TraceValue.Verbose))
    client.text_document_did_change(types.DidChangeTextDocumentParams(
        text_document=types.VersionedTextDocumentIdentifier(uri=URI, version=2),
        content_changes=[types.TextDocumentContentChangeWholeDocument(text="first 漢😀\r\nfirst second\r\nfir")]))
    client.text_document_did_save(types.DidSaveTextDocumentParams(text_document=DOCUMENT))
    folder = types.WorkspaceFolder(uri="file:///tmp/inkling-pytest", name="one")
    client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(
        event=types.WorkspaceFoldersChangeEvent(added=[folder], removed=[])))
    client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(
        event=types.WorkspaceFoldersChangeEvent(added=[], removed=[folder])))

    async def labels(line, character):
        found = await client.text_document_completion_async(types.CompletionParams(
            text_document=DOCUMENT, position=types.Position(line=line, character=character)))
        return [item.label for item in found.items]

    assert (await labels(2, 3))[0] == "first"
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(
        settings={"inkling": {"completion": {"enabled": False}}}))
    if client.declared == "nothing":
        assert await labels(2, 3) == []
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings={"inkling": {}}))
    client.text_document_did_close(types.DidCloseTextDocumentParams(text_document=DOCUMENT))
    client.text_document_did_open(types.DidOpenTextDocumentParams(
        text_document=types.TextDocumentItem(uri=URI, language_id="plaintext", version=1, text="third thi")))
    assert (await labels(0, 9))[0] == "third"
    client.cancel_request(types.CancelParams(id="never sent"))
    assert (await labels(0, 9))[0] == "third"


@pytest.mark.asyncio
async def test_commands(client):
    explained = await client.workspace_execute_command_async(types.ExecuteCommandParams(
        command="inkling.explain", arguments=[{"word": "counter", "textDocument": {"uri": URI},
                                               "position": {"line": LAST, "character": 0}}]))
    (document,) = explained["documents"]
    assert document["uri"] == URI and document["count"] == 12
    assert sum(share["probability"] for share in explained["components"]) > 0
    actions = await client.text_document_code_action_async(types.CodeActionParams(
        text_document=DOCUMENT, range=types.Range(start=types.Position(line=0, character=0),
                                                  end=end_of_last_line(client)),
        context=types.CodeActionContext(diagnostics=[])))
    assert isinstance(actions, (list, tuple))
