import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { useEffect, useRef } from 'react';
import type { SourceMessage } from '../../agent/browser/workshop.ts';
import styles from './lab.module.css';
import { wgslHighlighting } from './wgsl-language.ts';

type WgslEditorProps = {
  readonly label: string;
  /** What it begins with; another text replaces all that was written. */
  readonly source: string;
  /** Of the compiler, shown at their lines. */
  readonly messages: readonly SourceMessage[];
  readonly onChange: (source: string) => void;
};

/** An editor of WGSL. Tab leaves it, as it leaves any field. */
export function WgslEditor({ label, source, messages, onChange }: WgslEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const changed = useRef(onChange);
  useEffect(() => {
    changed.current = onChange;
  }, [onChange]);

  useEffect(() => {
    if (host.current === null) return;
    // Within a shadow root its styles need no element of their own, which the page's policy forbids.
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const made = new EditorView({
      parent: root,
      root,
      state: EditorState.create({ doc: '', extensions: extensionsOf(label, changed) }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, [label]);

  useEffect(() => {
    const at = view.current;
    if (at === null || at.state.doc.toString() === source) return;
    at.dispatch({ changes: { from: 0, to: at.state.doc.length, insert: source } });
  }, [source]);

  useEffect(() => {
    const at = view.current;
    if (at === null) return;
    at.dispatch(setDiagnostics(at.state, diagnosticsOf(at.state, messages)));
  }, [messages]);

  return <div ref={host} className={styles.editor} />;
}

function extensionsOf(label: string, changed: { readonly current: (source: string) => void }) {
  return [
    lineNumbers(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    highlightActiveLine(),
    lintGutter(),
    keymap.of([...defaultKeymap, ...historyKeymap]),
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
    EditorView.updateListener.of(({ docChanged, state }) => {
      if (docChanged) changed.current(state.doc.toString());
    }),
    EditorView.theme({
      '&': {
        maxHeight: '28rem',
        fontSize: '13px',
        color: 'var(--ink)',
        background: 'var(--surface)',
      },
      '&.cm-focused': { outline: '2px solid var(--accent)' },
      '.cm-scroller': { fontFamily: 'var(--mono)', overflow: 'auto' },
      '.cm-gutters': { background: 'var(--sunken)', color: 'var(--ink-faint)', border: 'none' },
      '.cm-activeLine': { background: 'transparent' },
      '.cm-cursor': { borderLeftColor: 'var(--ink)' },
      '.cm-tooltip': { background: 'var(--raised)', color: 'var(--ink)' },
    }),
    wgslHighlighting,
  ];
}

/** Where the compiler means; the whole line where it names no place in it. */
function diagnosticsOf(
  { doc }: EditorState,
  messages: readonly SourceMessage[],
): readonly Diagnostic[] {
  return messages.flatMap(({ type, line, column, length, text }): Diagnostic[] => {
    if (line < 1 || line > doc.lines) return [];
    const at = doc.line(line);
    const from = Math.min(at.to, at.from + Math.max(0, column - 1));
    const to = length === 0 ? at.to : Math.min(doc.length, from + length);
    return [{ from, to: Math.max(from, to), severity: type, message: text }];
  });
}
