'use strict';
// The commands of the palette.
const vscode = require('vscode');
const { RUN_SERVER_COMMAND, place } = require('./providers');

function wordAtCursor() {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return '';
  if (!editor.selection.isEmpty) return editor.document.getText(editor.selection);
  const range = editor.document.getWordRangeAtPosition(editor.selection.active);
  return range ? editor.document.getText(range) : '';
}

async function askWord(prompt, given) {
  const word = typeof given === 'string' ? given : await vscode.window.showInputBox({ prompt, value: wordAtCursor() });
  return word?.trim();
}

async function showText(title, lines) {
  const document = await vscode.workspace.openTextDocument({ content: [title, '', ...lines, ''].join('\n') });
  await vscode.window.showTextDocument(document, { preview: true });
}

function statusLines(status) {
  const lines = [
    `Inkling ${status.version}, process ${status.processId}`,
    `${status.documents.length} open documents, columns in ${status.positionEncoding}`,
  ];
  for (const model of status.models) {
    lines.push(model.path ?? 'no model: the words of open documents and of files near them');
    if (model.problem) lines.push(`  not used: ${model.problem}`);
    lines.push(`  ${model.countedTokens} tokens counted in ${model.documentCount} documents and ${model.nearbyFiles} files near them`);
  }
  if (status.training) lines.push(`Training: ${status.training}`);
  for (const [method, { count, medianMilliseconds: median, p99Milliseconds: p99 }] of Object.entries(status.latencies).sort()) {
    lines.push(`${method}: ${count} answers, median ${median.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  }
  return lines;
}

function explanationLines(result) {
  const lines = [result.isInVocabulary ? 'In the vocabulary of a model in use.' : 'In no model in use.'];
  if (result.isWithheld) lines.push('Kept out of every answer: forgotten, or it looks like a secret.');
  for (const { component, probability } of result.components) {
    lines.push(`${(100 * probability).toPrecision(3)} % here by ${component}`);
  }
  for (const document of result.documents) {
    lines.push(`${document.uri}: ${document.count} times`);
    for (const { line, text } of document.lines) lines.push(`  ${line + 1}: ${text.trim()}`);
  }
  for (const { path, count } of result.files) lines.push(`${path}: ${count} times`);
  return lines;
}

/** @returns the disposables of all commands */
function registerCommands(session, heat, output) {
  const run = (command, args) => session.request('workspace/executeCommand', { command, arguments: args });
  const commands = {
    [RUN_SERVER_COMMAND]: (command, args) => run(command, args),
    'inkling.train': async () => {
      const { training } = await run('inkling.train', []);
      if (training.length === 0) vscode.window.showWarningMessage('Inkling trains nothing: no folder is open (File, Open Folder).');
    },
    'inkling.status': async () => showText('# Inkling', statusLines(await session.request('inkling/status', {}))),
    'inkling.explain': async (given) => {
      const word = await askWord('What was learned of which word?', given);
      if (!word) return;
      const editor = vscode.window.activeTextEditor;
      const at = editor ? place(editor.document, editor.selection.active) : {};
      await showText(`# ${word}`, explanationLines(await run('inkling.explain', [{ word, ...at }])));
    },
    'inkling.forget': async (given) => {
      const word = await askWord('Which word is to be forgotten?', given);
      if (word) await run('inkling.forget', [{ word }]);
    },
    'inkling.dictionary': async (given) => {
      const word = await askWord('Which word is right?', given);
      if (!word) return;
      const uri = vscode.window.activeTextEditor?.document.uri.toString();
      const { dictionary } = await run('inkling.accept', uri ? [word, uri] : [word]);
      vscode.window.showInformationMessage(`“${word}” is in ${dictionary}`);
    },
    'inkling.heat': () => heat.toggle(),
    'inkling.restart': () => session.restart(),
    'inkling.log': () => output.show(),
  };
  return Object.entries(commands).map(([name, command]) => vscode.commands.registerCommand(name, async (...args) => {
    try {
      return await command(...args);
    } catch (error) {
      vscode.window.showWarningMessage(`inkling: ${error.message}`);
      return undefined;
    }
  }));
}

module.exports = { explanationLines, registerCommands, statusLines };
