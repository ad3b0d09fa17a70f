import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { tags } from '@lezer/highlight';

// Names of WGSL: https://www.w3.org/TR/WGSL/, sections 2, 6 and 15.
const KEYWORDS =
  /^(alias|break|case|const|const_assert|continue|continuing|default|diagnostic|discard|else|enable|fn|for|if|let|loop|override|requires|return|struct|switch|var|while|true|false)$/;
const TYPES =
  /^(array|atomic|bool|f16|f32|i32|u32|ptr|sampler|texture_\w+|(mat[234]x[234]|vec[234])[fhiu]?)$/;

/** WGSL's words in colours. */
export const wgslHighlighting = [
  StreamLanguage.define<{ isInComment: boolean }>({
    name: 'wgsl',
    startState: () => ({ isInComment: false }),
    token(stream, state) {
      if (state.isInComment) {
        if (stream.skipTo('*/')) {
          stream.match('*/');
          state.isInComment = false;
        } else stream.skipToEnd();
        return 'comment';
      }
      if (stream.eatSpace()) return null;
      if (stream.match('//')) {
        stream.skipToEnd();
        return 'comment';
      }
      if (stream.match('/*')) {
        state.isInComment = true;
        return 'comment';
      }
      if (stream.match(/^@\w+/)) return 'meta';
      if (stream.match(/^(0[xX][\da-fA-F.]+(p[+-]?\d+)?|\d*\.?\d+(e[+-]?\d+)?)[iufh]?/))
        return 'number';
      if (stream.match(/^\w+/)) {
        const word = stream.current();
        if (KEYWORDS.test(word)) return 'keyword';
        if (TYPES.test(word)) return 'typeName';
        return null;
      }
      stream.next();
      return null;
    },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: tags.keyword, color: 'var(--accent)', fontWeight: '600' },
      { tag: tags.typeName, color: 'var(--chart)' },
      { tag: tags.number, color: 'var(--wait)' },
      { tag: tags.comment, color: 'var(--ink-faint)', fontStyle: 'italic' },
      { tag: tags.meta, color: 'var(--bad)' },
    ]),
  ),
];
