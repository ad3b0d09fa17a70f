// The front door to what only Node can do; a page must not import it.
export { openFolderLogStore } from './log/folder-log-store.ts';
