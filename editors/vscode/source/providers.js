'use strict';
// What Code asks for, answered by the server.
const vscode = require('vscode');
const convert = require('./convert');
const { own } = require('./settings');
const { SCHEMES } = require('./session');

const RUN_SERVER_COMMAND = 'inkling.runServerCommand';
const selector = SCHEMES.map((scheme) => ({ scheme }));

const place = (document, position) => ({
  textDocument: { uri: document.uri.toString() }, position: convert.fromPosition(position),
});

class Providers {
  /** @param {import('./session').Session} session */
  constructor(session) {
    this.session = session;
  }

  async provideCompletionItems(document, position, token, context) {
    if (!this.session.serves(document)) return undefined;
    const list = await this.session.ask('textDocument/completion', {
      ...place(document, position),
      context: { triggerKind: context.triggerKind + 1, triggerCharacter: context.triggerCharacter },
    }, token);
    return list && convert.completionList(list);
  }

  async resolveCompletionItem(item, token) {
    const label = typeof item.label === 'string' ? item.label : item.label.label;
    const resolved = await this.session.ask('completionItem/resolve', { label, data: item.inklingData }, token);
    if (resolved?.documentation) item.documentation = convert.markdown(resolved.documentation);
    return item;
  }

  async provideInlineCompletionItems(document, position, context, token) {
    if (!this.session.serves(document)) return undefined;
    const info = context.selectedCompletionInfo;
    const list = await this.session.ask('textDocument/inlineCompletion', {
      ...place(document, position),
      // Code counts the kinds from 0.
      context: {
        triggerKind: context.triggerKind + 1,
        selectedCompletionInfo: info && { range: convert.fromRange(info.range), text: info.text },
      },
    }, token);
    return { items: convert.inlineItems(list) };
  }

  async provideHover(document, position, token) {
    if (!own('hover') || !this.session.serves(document)) return undefined;
    const hover = await this.session.ask('textDocument/hover', place(document, position), token);
    return hover ? new vscode.Hover(convert.markdown(hover.contents), hover.range && convert.range(hover.range)) : undefined;
  }

  async provideCodeActions(document, range, context, token) {
    if (!this.session.serves(document)) return undefined;
    const actions = await this.session.ask('textDocument/codeAction', {
      textDocument: { uri: document.uri.toString() }, range: convert.fromRange(range),
      context: { diagnostics: context.diagnostics.filter((mark) => mark.source === 'inkling').map(convert.fromDiagnostic) },
    }, token);
    return (actions ?? []).map((action) => convert.codeAction(action, RUN_SERVER_COMMAND, context.diagnostics));
  }

  /** Registers all of it; the server's answer to `initialize` says at which characters it wants to be asked. */
  register() {
    const triggers = this.session.capabilities.completionProvider?.triggerCharacters ?? [];
    return [
      vscode.languages.registerCompletionItemProvider(selector, this, ...triggers),
      vscode.languages.registerInlineCompletionItemProvider(selector, this),
      vscode.languages.registerHoverProvider(selector, this),
      vscode.languages.registerCodeActionsProvider(selector, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    ];
  }
}

module.exports = { Providers, RUN_SERVER_COMMAND, place };
