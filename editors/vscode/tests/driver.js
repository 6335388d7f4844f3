'use strict';
// The extension in Node, driven by lines of JSON: each { do, … } is answered by a line { result } or { error }.
const Module = require('module');
const path = require('path');
const readline = require('readline');

const resolve = Module._resolveFilename;
Module._resolveFilename = function (name, ...rest) {
  return name === 'vscode' ? path.join(__dirname, 'mock_vscode.js') : resolve.call(this, name, ...rest);
};

const vscode = require('vscode');
const manifest = require('../package.json');
const { activate, deactivate } = require('../source/extension.js');

const { state, events, workspace, window } = vscode;
const never = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose() {} }) };
const context = { subscriptions: [] };
let editor = null;

for (const [name, { default: value }] of Object.entries(manifest.contributes.configuration.properties)) {
  // The mock has one level: what is a default for the server must look unset.
  if (['inkling.path', 'inkling.arguments', 'inkling.disabledLanguages', 'inkling.hover'].includes(name)) state.settings[name] = value;
}

function find(uri) {
  return workspace.textDocuments.find((document) => document.uri.toString() === uri);
}

function select(document, offset) {
  const at = document.positionAt(offset);
  editor.selection = new vscode.Selection(at, at);
}

const plainRange = (range) => range && [range.start.line, range.start.character, range.end.line, range.end.character];

const actions = {
  async activate({ folder, settings }) {
    workspace.workspaceFolders = folder && [{ uri: vscode.Uri.file(folder), name: path.basename(folder) }];
    Object.assign(state.settings, settings);
    await activate(context);
    return { commands: Object.keys(state.commands).sort(), triggers: state.triggers, status: state.status };
  },

  open({ uri, language, text }) {
    const document = new vscode.TextDocument(new vscode.Uri(uri), language, text);
    workspace.textDocuments.push(document);
    const end = document.positionAt(text.length);
    editor = {
      document, selection: new vscode.Selection(end, end), visibleRanges: [new vscode.Range(new vscode.Position(0, 0), end)],
      setDecorations: (type, ranges) => state.decorations.set(type.id, ranges.map(plainRange)),
    };
    window.activeTextEditor = editor;
    window.visibleTextEditors = [editor];
    events.onDidOpenTextDocument.fire(document);
  },

  /** Changes with offsets of UTF-16 units in the text before them all, the last first. */
  change({ uri, changes }) {
    const document = find(uri);
    const contentChanges = changes.map(({ offset, length, text }) => ({
      range: new vscode.Range(document.positionAt(offset), document.positionAt(offset + length)), text,
    }));
    for (const { offset, length, text } of changes) {
      document.text = document.text.slice(0, offset) + text + document.text.slice(offset + length);
      select(document, offset + text.length);
    }
    document.version++;
    events.onDidChangeTextDocument.fire({ document, contentChanges });
  },

  close({ uri }) {
    const document = find(uri);
    workspace.textDocuments.splice(workspace.textDocuments.indexOf(document), 1);
    events.onDidCloseTextDocument.fire(document);
  },

  async complete({ uri, offset, kind = 0, character }) {
    const document = find(uri);
    const list = await state.providers.completion.provideCompletionItems(
      document, document.positionAt(offset), never, { triggerKind: kind, triggerCharacter: character });
    if (!list) return { isIncomplete: true, items: [] };
    return {
      isIncomplete: list.isIncomplete,
      items: list.items.map((item) => ({
        ...item, range: plainRange(item.range?.inserting ?? item.range), replacing: plainRange(item.range?.replacing ?? item.range),
      })),
    };
  },

  async resolve({ label, data }) {
    const item = await state.providers.completion.resolveCompletionItem({ label, inklingData: data }, never);
    return item.documentation?.value;
  },

  async inline({ uri, offset, kind = 1, selected }) {
    const document = find(uri);
    const { items } = await state.providers.inline.provideInlineCompletionItems(
      document, document.positionAt(offset), { triggerKind: kind, selectedCompletionInfo: selected }, never);
    return items.map(({ insertText, range }) => ({ insertText, range: plainRange(range) }));
  },

  async hover({ uri, offset }) {
    const document = find(uri);
    return (await state.providers.hover.provideHover(document, document.positionAt(offset), never))?.contents.value;
  },

  async actions({ uri, index }) {
    const document = find(uri);
    const mark = state.marks.get(uri)[index];
    const found = await state.providers.actions.provideCodeActions(document, mark.range, { diagnostics: [mark] }, never);
    return found.map(({ title, isPreferred, edit, command, diagnostics }) => ({
      title, isPreferred, command, isOfMark: diagnostics[0] === mark,
      edits: edit?.edits.map((one) => ({ ...one, range: plainRange(one.range) })),
    }));
  },

  marks: ({ uri }) => (state.marks.get(uri) ?? []).map((mark) => ({ ...mark, range: plainRange(mark.range) })),
  command: ({ name, args = [] }) => vscode.commands.executeCommand(name, ...args).then((result) => result ?? null),
  look: () => ({ messages: state.messages, log: state.log, status: state.status, decorations: [...state.decorations] }),
  set({ settings }) {
    Object.assign(state.settings, settings);
    const names = Object.keys(settings);
    events.onDidChangeConfiguration.fire({
      affectsConfiguration: (section) => names.some((name) => name === section || name.startsWith(section + '.')),
    });
  },
  async deactivate() {
    await deactivate();
    context.subscriptions.forEach((item) => item.dispose());
  },
};

let queue = Promise.resolve();
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { do: name, id, ...rest } = JSON.parse(line);
  const answer = (value) => process.stdout.write(JSON.stringify({ id, ...value }) + '\n');
  const run = async () => {
    try {
      answer({ result: (await actions[name](rest)) ?? null });
    } catch (error) {
      answer({ error: error.stack });
    }
  };
  queue = queue.then(run);
}).on('close', () => queue.then(() => process.exit()));
