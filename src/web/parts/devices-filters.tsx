import type { DevicesFilter } from '../devices-view.ts';
import { Choice } from '../primitives/choice.tsx';
import { DEVICE_BACKENDS, DEVICES } from '../text.ts';
import styles from './devices-filters.module.css';

type DevicesFiltersProps = {
  readonly filter: DevicesFilter;
  readonly onChange: (filter: DevicesFilter) => void;
};

/** What is to be seen of the table. */
export function DevicesFilters({ filter, onChange }: DevicesFiltersProps) {
  return (
    <div className={styles.filters}>
      <Choice
        label={DEVICES.filterBackend}
        value={filter.backend}
        options={DEVICE_BACKENDS}
        hint={DEVICES.filterHint[filter.backend]}
        onChange={(backend) => onChange({ ...filter, backend })}
      />
      <label className={styles.failures}>
        <input
          type="checkbox"
          checked={filter.failuresOnly}
          onChange={(event) => onChange({ ...filter, failuresOnly: event.target.checked })}
        />
        {DEVICES.filterFailures}
      </label>
    </div>
  );
}
