import { useId, type CSSProperties } from 'react';
import styles from './slider.module.css';

type SliderProps = {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** The value in words, shown and read out. */
  readonly words: string;
  readonly hint: string;
  readonly onChange: (value: number) => void;
};

/** A labelled range of whole numbers. */
export function Slider({ label, value, min, max, words, hint, onChange }: SliderProps) {
  const id = useId();
  const share = max === min ? 1 : (value - min) / (max - min);
  // React sets custom properties through the CSSOM; its types do not list them.
  const filled = { '--filled': `${share * 100}%` } as CSSProperties;
  return (
    <div className={styles.field}>
      <div className={styles.line}>
        <label htmlFor={id}>{label}</label>
        <span className={styles.value} aria-hidden="true">
          {words}
        </span>
      </div>
      <input
        id={id}
        className={styles.range}
        style={filled}
        type="range"
        min={min}
        max={max}
        step={1}
        value={value}
        aria-valuetext={words}
        aria-describedby={`${id}-hint`}
        disabled={max === min}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
      <p id={`${id}-hint`} className={styles.hint}>
        {hint}
      </p>
    </div>
  );
}
