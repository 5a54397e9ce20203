import type { TextDocument } from 'vscode';

/** The languages that configs are written in. */
export const languages: readonly string[] = ['yaml', 'json', 'jsonc', 'toml'];

/** Saved files and ones that have no name yet; not what other extensions generate, such as a diff's older side. */
export const documentSelector = languages.flatMap(language => ['file', 'untitled'].map(scheme => ({ scheme, language })));

/** Whether a document can be a config. */
export function isConcerned(document: Pick<TextDocument, 'languageId' | 'uri'>): boolean {
  return documentSelector.some(filter => filter.scheme === document.uri.scheme && filter.language === document.languageId);
}
