'use strict';
const vscode = require('vscode');
const { registerCommands } = require('./commands');
const { HeatMap } = require('./heat');
const { Providers } = require('./providers');
const { SECTION } = require('./settings');
const { Session } = require('./session');

let session = null;

/** The item of the status bar, and what is said once. */
class StatusBar {
  constructor(output) {
    this.output = output;
    this.item = vscode.window.createStatusBarItem(vscode.StatusBarAlignment.Right, 90);
    this.item.name = 'Inkling';
    this.item.command = 'inkling.status';
  }

  log(text) {
    this.output.appendLine(text);
  }

  show(state, detail = '') {
    const texts = {
      starting: ['$(loading~spin) Inkling', 'The server starts'],
      running: ['Inkling', 'Models and latencies'],
      training: ['$(loading~spin) Inkling', detail],
      stopped: ['$(circle-slash) Inkling', 'The server was stopped'],
      failed: ['$(warning) Inkling', `The server ${detail} again and again`],
      missing: ['$(warning) Inkling', `${detail} is no program on the PATH`],
    };
    [this.item.text, this.item.tooltip] = texts[state];
    this.item.command = ['stopped', 'failed', 'missing'].includes(state) ? 'inkling.restart' : 'inkling.status';
    this.item.show();
    if (state === 'missing') this.sayMissing(detail);
    if (state === 'failed') vscode.window.showWarningMessage(`inkling: the server ${detail}: it ended again and again (see Inkling: Log)`);
  }

  async sayMissing(program) {
    const settings = 'Set Its Path';
    const chosen = await vscode.window.showWarningMessage(
      `inkling: ${program}: is no program on the PATH (make install, or set inkling.path)`, settings);
    if (chosen === settings) vscode.commands.executeCommand('workbench.action.openSettings', `${SECTION}.path`);
  }
}

async function activate(context) {
  const output = vscode.window.createOutputChannel('Inkling');
  const bar = new StatusBar(output);
  session = new Session(bar);
  const heat = new HeatMap(session);
  const providers = new Providers(session);
  let registered = [];
  session.onReady = () => {
    registered.forEach((item) => item.dispose());
    registered = providers.register();
    heat.schedule();
  };
  const { workspace, window } = vscode;
  context.subscriptions.push(
    output, bar.item, session, heat, { dispose: () => registered.forEach((item) => item.dispose()) },
    ...registerCommands(session, heat, output),
    workspace.onDidOpenTextDocument((document) => session.open(document)),
    workspace.onDidChangeTextDocument((event) => {
      session.change(event);
      heat.schedule();
    }),
    workspace.onDidSaveTextDocument((document) => session.save(document)),
    workspace.onDidCloseTextDocument((document) => session.close(document)),
    workspace.onDidChangeWorkspaceFolders((event) => session.foldersChanged(event)),
    workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration(SECTION)) return;
      const isOther = ['path', 'arguments'].some((name) => event.affectsConfiguration(`${SECTION}.${name}`));
      if (isOther) session.restart();
      else session.settingsChanged();
    }),
    window.onDidChangeVisibleTextEditors(() => heat.schedule()),
    window.onDidChangeTextEditorVisibleRanges(() => heat.schedule()),
  );
  await session.start();
}

async function deactivate() {
  await session?.stop();
  session = null;
}

module.exports = { activate, deactivate };
