import { useId, useState, type DragEvent } from 'react';
import styles from './file-drop.module.css';

type FileDropProps = {
  readonly label: string;
  /** Said behind the button: "or drop it here". */
  readonly orDrop: string;
  readonly hint: string;
  /** As of a file input. */
  readonly accept: string;
  readonly bytesMax: number;
  /** Said of a larger file. */
  readonly largeWords: string;
  readonly onOpen: (file: { readonly name: string; readonly bytes: Uint8Array }) => void;
};

/** Takes a file by choosing or dropping it; it stays in this browser. */
export function FileDrop(props: FileDropProps) {
  const id = useId();
  const [isOver, setOver] = useState(false);
  const [isLarge, setLarge] = useState(false);
  const open = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setLarge(file.size > props.bytesMax);
    if (file.size > props.bytesMax) return;
    props.onOpen({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void open(event.dataTransfer.files[0]);
  };
  const over = (event: DragEvent): void => {
    // Without this the browser would open the file itself.
    event.preventDefault();
    setOver(true);
  };
  return (
    <div
      className={styles.drop}
      data-over={isOver}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <label className={styles.choose} htmlFor={id}>
        {props.label}
      </label>
      <input
        id={id}
        className={styles.input}
        type="file"
        accept={props.accept}
        aria-describedby={`${id}-hint`}
        onChange={({ target }) => {
          void open(target.files?.[0]);
          // The same file again, as after an edit, is a choice too.
          target.value = '';
        }}
      />
      <span className={styles.or}>{props.orDrop}</span>
      <p id={`${id}-hint`} className={styles.hint}>
        {props.hint}
      </p>
      <p role="alert" className={styles.large}>
        {isLarge ? props.largeWords : null}
      </p>
    </div>
  );
}
