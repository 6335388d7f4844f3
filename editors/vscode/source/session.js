'use strict';
// One server and what it is told of documents, folders and settings.
const vscode = require('vscode');
const { Client } = require('./client');
const convert = require('./convert');
const { SECTION, own, serverSettings } = require('./settings');

const SCHEMES = ['file', 'untitled'];
/** A server that ends so often in three minutes is not started again. */
const RESTARTS = 4;

const clientCapabilities = {
  general: { positionEncodings: ['utf-16'] },
  workspace: {
    configuration: true, workspaceFolders: true, didChangeConfiguration: {}, executeCommand: {},
  },
  window: { workDoneProgress: true, showMessage: {} },
  textDocument: {
    synchronization: { didSave: true },
    completion: {
      contextSupport: true,
      completionItem: { commitCharactersSupport: true, insertReplaceSupport: true, labelDetailsSupport: true },
      completionList: { itemDefaults: ['commitCharacters', 'editRange', 'data'] },
    },
    inlineCompletion: {},
    hover: { contentFormat: ['markdown', 'plaintext'] },
    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix'] } }, isPreferredSupport: true },
    publishDiagnostics: { versionSupport: true },
  },
};

class Session {
  /** @param {{log: (text: string) => void, show: (state: string, detail?: string) => void}} view */
  constructor(view) {
    this.view = view;
    this.client = null;
    this.capabilities = {};
    this.marks = vscode.languages.createDiagnosticCollection(SECTION);
    this.opened = new Map();
    this.ends = [];
    this.progress = new Map();
  }

  serves(document) {
    return SCHEMES.includes(document.uri.scheme) && !(own('disabledLanguages') ?? []).includes(document.languageId);
  }

  get isRunning() {
    return Boolean(this.client?.isRunning);
  }

  async start() {
    const command = own('path') || 'inkling';
    const client = new Client({ command, args: ['serve', ...(own('arguments') ?? [])] }, {
      notification: (method, params) => this.receive(method, params),
      request: (method, params) => this.answer(method, params),
      log: (text) => this.view.log(text),
      end: (reason, wanted) => this.ended(client, command, reason, wanted),
    });
    this.client = client;
    this.view.show('starting');
    const folders = (vscode.workspace.workspaceFolders ?? []).map(folder);
    try {
      const result = await client.request('initialize', {
        processId: process.pid, clientInfo: { name: vscode.env?.appName ?? 'Visual Studio Code' },
        rootUri: folders[0]?.uri ?? null, workspaceFolders: folders, capabilities: clientCapabilities,
        initializationOptions: serverSettings(),
      });
      this.capabilities = result.capabilities;
    } catch (error) {
      this.view.log(`initialize: ${error.message}`);
      return;
    }
    client.notify('initialized', {});
    this.view.show('running');
    vscode.workspace.textDocuments.forEach((document) => this.open(document));
    this.onReady?.();
  }

  ended(client, command, reason, wanted) {
    if (client !== this.client) return;
    this.client = null;
    this.opened.clear();
    this.marks.clear();
    this.progress.clear();
    if (wanted) return this.view.show('stopped');
    if (reason === 'ENOENT') {
      this.view.show('missing', command);
      return;
    }
    this.view.log(`The server ${reason}.`);
    const now = Date.now();
    this.ends = this.ends.filter((time) => now - time < 180_000).concat(now);
    if (this.ends.length > RESTARTS) return this.view.show('failed', reason);
    this.view.show('starting');
    this.timer = setTimeout(() => this.start(), 500);
  }

  async stop() {
    clearTimeout(this.timer);
    await this.client?.stop();
    this.client = null;
  }

  async restart() {
    await this.stop();
    this.ends = [];
    await this.start();
  }

  request(method, params, token) {
    if (!this.client) return Promise.reject(new Error('the server is not running'));
    return this.client.request(method, params, token);
  }

  /** A request whose answer may be none: cancelled, or the server has gone. */
  async ask(method, params, token) {
    try {
      return await this.request(method, params, token);
    } catch (error) {
      if (error.code !== undefined && error.code !== -32800) this.view.log(`${method}: ${error.message}`);
      return null;
    }
  }

  // Documents

  open(document) {
    const uri = document.uri.toString();
    if (!this.isRunning || this.opened.has(uri) || !this.serves(document)) return;
    this.opened.set(uri, document.languageId);
    this.client.notify('textDocument/didOpen', {
      textDocument: { uri, languageId: document.languageId, version: document.version, text: document.getText() },
    });
  }

  change({ document, contentChanges }) {
    const uri = document.uri.toString();
    if (!this.isRunning || !this.opened.has(uri) || contentChanges.length === 0) return;
    this.client.notify('textDocument/didChange', {
      textDocument: { uri, version: document.version },
      // Code lists changes by places in the text before them all, the last place first.
      contentChanges: contentChanges.map(({ range, text }) => ({ range: convert.fromRange(range), text })),
    });
  }

  save(document) {
    const uri = document.uri.toString();
    if (this.isRunning && this.opened.has(uri)) this.client.notify('textDocument/didSave', { textDocument: { uri } });
  }

  close(document) {
    const uri = document.uri.toString();
    if (!this.opened.delete(uri)) return;
    this.marks.delete(document.uri);
    this.client?.notify('textDocument/didClose', { textDocument: { uri } });
  }

  foldersChanged({ added, removed }) {
    this.client?.notify('workspace/didChangeWorkspaceFolders', {
      event: { added: added.map(folder), removed: removed.map(folder) },
    });
  }

  settingsChanged() {
    this.client?.notify('workspace/didChangeConfiguration', { settings: { [SECTION]: serverSettings() } });
    for (const document of vscode.workspace.textDocuments) {
      if (this.serves(document)) this.open(document);
      else this.close(document);
    }
  }

  // What the server says

  receive(method, params) {
    switch (method) {
      case 'textDocument/publishDiagnostics': {
        // A document that was closed meanwhile has no marks.
        if (!this.opened.has(vscode.Uri.parse(params.uri).toString())) return;
        this.marks.set(vscode.Uri.parse(params.uri), params.diagnostics.map(convert.diagnostic));
        return;
      }
      case 'window/logMessage':
        return this.view.log(params.message);
      case 'window/showMessage': {
        const show = { 1: 'showErrorMessage', 2: 'showWarningMessage' }[params.type] ?? 'showInformationMessage';
        vscode.window[show](params.message);
        return;
      }
      case '$/progress':
        return this.tell(params.token, params.value);
    }
  }

  tell(token, value) {
    if (value.kind === 'end') this.progress.delete(token);
    else this.progress.set(token, { ...this.progress.get(token), ...value });
    const last = [...this.progress.values()].at(-1);
    if (!last) return this.view.show('running');
    const share = last.percentage === undefined ? '' : ` ${last.percentage} %`;
    this.view.show('training', [last.title, last.message].filter(Boolean).join(': ') + share);
  }

  answer(method, params) {
    switch (method) {
      case 'workspace/configuration':
        return params.items.map(({ scopeUri }) => serverSettings(scopeUri && vscode.Uri.parse(scopeUri)));
      case 'workspace/workspaceFolders':
        return (vscode.workspace.workspaceFolders ?? []).map(folder);
      case 'window/workDoneProgress/create':
      case 'client/registerCapability':
      case 'client/unregisterCapability':
        return null;
    }
    return undefined;
  }

  dispose() {
    this.marks.dispose();
  }
}

const folder = ({ uri, name }) => ({ uri: uri.toString(), name });

module.exports = { SCHEMES, Session };
