'use strict';
// What of Code's configuration the server is told: what a person has set, and not Code's defaults, so that a project's
// .inkling/config.json may set the rest.
const vscode = require('vscode');
const manifest = require('../package.json');

const SECTION = 'inkling';
/** Settings that are Code's own. */
const OWN = new Set(['path', 'arguments', 'disabledLanguages', 'hover']);
const names = Object.keys(manifest.contributes.configuration.properties)
  .map((name) => name.slice(SECTION.length + 1))
  .filter((name) => !OWN.has(name.split('.')[0]));

/** The settings of a scope as the server takes them: nested, and only those that somebody has set. */
function serverSettings(scope) {
  const configuration = vscode.workspace.getConfiguration(SECTION, scope);
  const settings = {};
  for (const name of names) {
    const found = configuration.inspect(name);
    const value = found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
    if (value === undefined) continue;
    const path = name.split('.');
    let inner = settings;
    for (const part of path.slice(0, -1)) inner = inner[part] ??= {};
    inner[path.at(-1)] = value;
  }
  return settings;
}

const own = (name) => vscode.workspace.getConfiguration(SECTION).get(name);

module.exports = { SECTION, own, serverSettings };
