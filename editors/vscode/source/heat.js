'use strict';
// How surprising each visible token is, as decorations in the colour theme's colours.
const vscode = require('vscode');
const convert = require('./convert');

/** The least bits of each level, as the server's semantic tokens have them. */
const LEVELS = [4, 7, 10, 13, 16];
const DELAY_MILLISECONDS = 300;

class HeatMap {
  constructor(session) {
    this.session = session;
    this.isOn = false;
    this.timer = null;
    this.types = LEVELS.map((_, level) => vscode.window.createTextEditorDecorationType({
      borderWidth: '0 0 2px 0', borderStyle: 'solid', borderColor: new vscode.ThemeColor(`inkling.heat${level + 1}`),
    }));
  }

  toggle() {
    this.isOn = !this.isOn;
    if (this.isOn) return this.draw();
    for (const editor of vscode.window.visibleTextEditors) this.types.forEach((type) => editor.setDecorations(type, []));
    return Promise.resolve();
  }

  /** Called behind what changes a text or what is visible of it. */
  schedule() {
    if (!this.isOn) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.draw(), DELAY_MILLISECONDS);
  }

  async draw() {
    await Promise.all(vscode.window.visibleTextEditors.map((editor) => this.drawEditor(editor)));
  }

  async drawEditor(editor) {
    const { document } = editor;
    if (!this.isOn || !this.session.serves(document) || editor.visibleRanges.length === 0) return;
    const { version } = document;
    const range = new vscode.Range(editor.visibleRanges[0].start, editor.visibleRanges.at(-1).end);
    const score = await this.session.ask('inkling/score', {
      textDocument: { uri: document.uri.toString() }, range: convert.fromRange(range),
    });
    if (!score || !this.isOn || document.version !== version) return;
    const ranges = LEVELS.map(() => []);
    for (const token of score.tokens) {
      const level = LEVELS.findLastIndex((bits) => token.surprisalBits >= bits);
      if (level >= 0) ranges[level].push(convert.range(token.range));
    }
    this.types.forEach((type, level) => editor.setDecorations(type, ranges[level]));
  }

  dispose() {
    clearTimeout(this.timer);
    this.types.forEach((type) => type.dispose());
  }
}

module.exports = { HeatMap, LEVELS };
