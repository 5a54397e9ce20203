import type { TextDocument } from 'vscode';

/** The languages that configs are written in. */
export const configLanguages: readonly string[] = ['yaml', 'json', 'jsonc', 'toml'];

/** The languages whose calls and command lines configure a run. */
export const codeLanguages: readonly string[] = ['python', 'shellscript'];

/** All that is checked. */
export const languages: readonly string[] = [...configLanguages, ...codeLanguages];

/** A cell of a notebook is a document of its own, whose address has this scheme. */
const cellScheme = 'vscode-notebook-cell';

/** Saved files and ones that have no name yet; not what other extensions generate, such as a diff's older side. */
export const documentSelector = [
  ...languages.flatMap(language => ['file', 'untitled'].map(scheme => ({ scheme, language }))),
  { scheme: cellScheme, language: 'python' },
];

type Document = Pick<TextDocument, 'languageId' | 'uri'>;

/** Whether a document is checked. */
export function isConcerned(document: Document): boolean {
  return documentSelector.some(filter => filter.scheme === document.uri.scheme && filter.language === document.languageId);
}

/** Whether a document can be a config, so that it can be inspected and trained. */
export function isConfig(document: Document): boolean {
  return configLanguages.includes(document.languageId) && isConcerned(document);
}

/** Whether the server has something to do for a document: of code most is about something else, and a look at its words tells. */
export function needsServer(document: Document & Pick<TextDocument, 'getText'>): boolean {
  return isConcerned(document) && (configLanguages.includes(document.languageId) || /lora|peft/i.test(document.getText()));
}
