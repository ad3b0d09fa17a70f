// The front door to what only Node can do; a page must not import it.
export { openFileBlocks, type FileBlocks } from './file-blocks.ts';
export { makeFolder } from './make-folder.ts';
