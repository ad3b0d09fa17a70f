/** The sign of Manyhands: four raised fingers, or four bars of a chart. */
export function Mark({ size }: { readonly size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <g fill="none" stroke="currentColor" strokeLinecap="round" strokeWidth="2.6">
        <path d="M4.2 19.5v-7" />
        <path d="M9.4 19.5V7" />
        <path d="M14.6 19.5v-15" />
        <path d="M19.8 19.5v-10" />
      </g>
    </svg>
  );
}
