'use strict';
// As much of the module `vscode` as the extension uses, over documents in memory. What is shown to a person is noted.

class Position {
  constructor(line, character) {
    this.line = line;
    this.character = character;
  }
}

class Range {
  constructor(start, end, endLine, endCharacter) {
    const isNumbers = typeof start === 'number';
    this.start = isNumbers ? new Position(start, end) : start;
    this.end = isNumbers ? new Position(endLine, endCharacter) : end;
  }

  get isEmpty() {
    return this.start.line === this.end.line && this.start.character === this.end.character;
  }

  isEqual(other) {
    return JSON.stringify([this.start, this.end]) === JSON.stringify([other.start, other.end]);
  }
}

class Selection extends Range {
  get active() {
    return this.end;
  }
}

class Uri {
  constructor(text) {
    this.text = text;
    this.scheme = text.slice(0, text.indexOf(':'));
    this.fsPath = decodeURIComponent(text.replace(/^file:\/\//, ''));
  }

  static parse(text) {
    return new Uri(text);
  }

  static file(path) {
    return new Uri('file://' + encodeURI(path));
  }

  toString() {
    return this.text;
  }
}

class Emitter {
  constructor() {
    this.listeners = new Set();
    this.event = (listener) => {
      this.listeners.add(listener);
      return { dispose: () => this.listeners.delete(listener) };
    };
  }

  fire(value) {
    for (const listener of this.listeners) listener(value);
  }
}

class TextDocument {
  constructor(uri, languageId, text) {
    Object.assign(this, { uri, languageId, text, version: 1 });
  }

  getText(range) {
    return range ? this.text.slice(this.offsetAt(range.start), this.offsetAt(range.end)) : this.text;
  }

  offsetAt({ line, character }) {
    let offset = 0;
    for (let at = 0; at < line; at++) offset = this.text.indexOf('\n', offset) + 1;
    return offset + character;
  }

  positionAt(offset) {
    const before = this.text.slice(0, offset);
    const line = before.split('\n').length - 1;
    return new Position(line, offset - (before.lastIndexOf('\n') + 1));
  }

  getWordRangeAtPosition(position) {
    const offset = this.offsetAt(position);
    let [start, end] = [offset, offset];
    while (start > 0 && /\w/.test(this.text[start - 1])) start--;
    while (end < this.text.length && /\w/.test(this.text[end])) end++;
    return start < end ? new Range(this.positionAt(start), this.positionAt(end)) : undefined;
  }
}

/** Takes a value's members, in the order of the names. */
const record = (...names) => class {
  constructor(...values) {
    names.forEach((name, index) => (this[name] = values[index]));
  }
};

class WorkspaceEdit {
  constructor() {
    this.edits = [];
  }

  replace(uri, range, text) {
    this.edits.push({ uri: uri.toString(), range, text });
  }
}

const events = {};
for (const name of ['onDidOpenTextDocument', 'onDidChangeTextDocument', 'onDidSaveTextDocument', 'onDidCloseTextDocument',
  'onDidChangeWorkspaceFolders', 'onDidChangeConfiguration', 'onDidChangeVisibleTextEditors', 'onDidChangeTextEditorVisibleRanges']) {
  events[name] = new Emitter();
}

/** What the driver looks at. */
const state = {
  messages: [], log: [], status: '', settings: {}, providers: {}, commands: {}, decorations: new Map(), marks: new Map(), triggers: [],
};

const register = (kind) => (_, provider, ...rest) => {
  state.providers[kind] = provider;
  if (kind === 'completion') state.triggers = rest;
  return { dispose() {} };
};
const show = (kind) => async (text) => void state.messages.push({ kind, text });
const inherited = (name) => state.settings[name];

module.exports = {
  state, events, TextDocument, Position, Range, Selection, Uri, WorkspaceEdit,
  CompletionItem: record('label', 'kind'),
  CompletionList: record('items', 'isIncomplete'),
  InlineCompletionItem: record('insertText', 'range'),
  Diagnostic: record('range', 'message', 'severity'),
  CodeAction: record('title', 'kind'),
  Hover: record('contents', 'range'),
  MarkdownString: record('value'),
  ThemeColor: record('id'),
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
  CodeActionKind: { QuickFix: 'quickfix' },
  StatusBarAlignment: { Right: 2 },
  env: { appName: 'A mock of Code' },
  languages: {
    registerCompletionItemProvider: register('completion'),
    registerInlineCompletionItemProvider: register('inline'),
    registerHoverProvider: register('hover'),
    registerCodeActionsProvider: register('actions'),
    createDiagnosticCollection: () => ({
      set: (uri, marks) => state.marks.set(uri.toString(), marks),
      delete: (uri) => state.marks.delete(uri.toString()),
      clear: () => state.marks.clear(),
      dispose() {},
    }),
  },
  workspace: {
    textDocuments: [], workspaceFolders: undefined,
    onDidOpenTextDocument: events.onDidOpenTextDocument.event,
    onDidChangeTextDocument: events.onDidChangeTextDocument.event,
    onDidSaveTextDocument: events.onDidSaveTextDocument.event,
    onDidCloseTextDocument: events.onDidCloseTextDocument.event,
    onDidChangeWorkspaceFolders: events.onDidChangeWorkspaceFolders.event,
    onDidChangeConfiguration: events.onDidChangeConfiguration.event,
    getConfiguration: (section) => ({
      get: (name) => inherited(`${section}.${name}`),
      inspect: (name) => ({ globalValue: inherited(`${section}.${name}`) }),
    }),
    openTextDocument: async ({ content }) => new TextDocument(new Uri('untitled:shown'), 'plaintext', content),
  },
  window: {
    visibleTextEditors: [], activeTextEditor: undefined,
    onDidChangeVisibleTextEditors: events.onDidChangeVisibleTextEditors.event,
    onDidChangeTextEditorVisibleRanges: events.onDidChangeTextEditorVisibleRanges.event,
    createOutputChannel: () => ({ appendLine: (line) => state.log.push(line), show() {}, dispose() {} }),
    createStatusBarItem: () => ({
      set text(value) {
        state.status = value;
      },
      show() {},
      dispose() {},
    }),
    createTextEditorDecorationType: (options) => ({ id: options.borderColor.id, dispose() {} }),
    showInformationMessage: show('information'), showWarningMessage: show('warning'), showErrorMessage: show('error'),
    showInputBox: async ({ value }) => value,
    showTextDocument: async (document) => void state.messages.push({ kind: 'document', text: document.getText() }),
  },
  commands: {
    registerCommand: (name, command) => {
      state.commands[name] = command;
      return { dispose() {} };
    },
    executeCommand: (name, ...args) => state.commands[name]?.(...args),
  },
};
