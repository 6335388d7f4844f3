'use strict';
// The protocol's values as Code's, and the other way round. Both count lines from 0 and columns in UTF-16 units.
const vscode = require('vscode');

const position = (value) => new vscode.Position(value.line, value.character);
const range = (value) => new vscode.Range(position(value.start), position(value.end));
const fromPosition = (value) => ({ line: value.line, character: value.character });
const fromRange = (value) => ({ start: fromPosition(value.start), end: fromPosition(value.end) });

/** @param list what `textDocument/completion` answered */
function completionList(list) {
  if (!list) return new vscode.CompletionList([], false);
  const defaults = list.itemDefaults ?? {};
  const items = (Array.isArray(list) ? list : list.items).map((from) => {
    const label = from.labelDetails ? { label: from.label, ...from.labelDetails } : from.label;
    // The protocol counts kinds from 1, Code from 0.
    const item = new vscode.CompletionItem(label, from.kind === undefined ? undefined : from.kind - 1);
    const edit = from.textEdit;
    const place = edit ?? defaults.editRange;
    item.insertText = edit?.newText ?? from.textEditText ?? from.insertText ?? from.label;
    if (place?.insert) item.range = { inserting: range(place.insert), replacing: range(place.replace) };
    else if (place) item.range = range(place.range ?? place);
    item.detail = from.detail;
    item.sortText = from.sortText;
    item.filterText = from.filterText;
    item.commitCharacters = from.commitCharacters ?? defaults.commitCharacters;
    item.preselect = from.preselect;
    item.inklingData = from.data ?? defaults.data;
    return item;
  });
  return new vscode.CompletionList(items, Boolean(list.isIncomplete));
}

function markdown(contents) {
  return new vscode.MarkdownString(typeof contents === 'string' ? contents : contents.value);
}

const inlineItems = (list) =>
  (Array.isArray(list) ? list : list?.items ?? []).map(
    (item) => new vscode.InlineCompletionItem(item.insertText, item.range && range(item.range)));

const severities = [undefined, 'Error', 'Warning', 'Information', 'Hint'];

function diagnostic(from) {
  const mark = new vscode.Diagnostic(
    range(from.range), from.message, vscode.DiagnosticSeverity[severities[from.severity] ?? 'Hint']);
  mark.source = from.source;
  mark.code = from.code;
  return mark;
}

const fromDiagnostic = (mark) => ({
  range: fromRange(mark.range), message: mark.message, severity: mark.severity + 1, source: mark.source, code: mark.code,
});

/** @param from an action or a command of the server's; `run` is the name of the command of Code's that runs the latter. */
function codeAction(from, run, marks) {
  const action = new vscode.CodeAction(from.title, vscode.CodeActionKind.QuickFix);
  const command = typeof from.command === 'string' ? from : from.command;
  action.isPreferred = from.isPreferred;
  action.diagnostics = (from.diagnostics ?? []).map(
    (of) => marks.find((mark) => mark.range.isEqual(range(of.range))) ?? diagnostic(of));
  if (from.edit) {
    action.edit = new vscode.WorkspaceEdit();
    for (const [uri, edits] of Object.entries(from.edit.changes ?? {})) {
      for (const edit of edits) action.edit.replace(vscode.Uri.parse(uri), range(edit.range), edit.newText);
    }
    for (const { textDocument, edits } of from.edit.documentChanges ?? []) {
      for (const edit of edits) action.edit.replace(vscode.Uri.parse(textDocument.uri), range(edit.range), edit.newText);
    }
  }
  if (command) {
    action.command = { title: command.title, command: run, arguments: [command.command, command.arguments] };
  }
  return action;
}

module.exports = {
  completionList, codeAction, diagnostic, fromDiagnostic, fromPosition, fromRange, inlineItems, markdown, position, range,
};
