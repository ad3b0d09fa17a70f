import type { ConformanceReport } from '../domain/capability.ts';
import { SURVEY_MS } from '../domain/limits.ts';
import type { BackendChoice } from './agent-event.ts';
import { isSameChoice, newFailures, withoutFailed } from './falling-back.ts';
import type { LaneSurvey } from './lane-message.ts';

/** What is known of this device, for each choice of backends, and how long that holds. */
export class KnownSurveys {
  readonly #nowMs: () => number;
  readonly #known = new Map<BackendChoice, { survey: LaneSurvey; atMs: number }>();
  /** What failed in mid-session; it stays so until the agent starts anew. */
  #broken: readonly ConformanceReport[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get broken(): readonly ConformanceReport[] {
    return this.#broken;
  }

  get(choice: BackendChoice): LaneSurvey | null {
    return this.#known.get(choice)?.survey ?? null;
  }

  /** The survey that a lane may believe; null: it is to run the vectors. */
  believed(choice: BackendChoice): LaneSurvey | null {
    const known = this.#known.get(choice);
    return known !== undefined && this.#nowMs() - known.atMs < SURVEY_MS ? known.survey : null;
  }

  keep(choice: BackendChoice, survey: LaneSurvey): void {
    this.#known.set(choice, { survey, atMs: this.#nowMs() });
  }

  /** Has the next lane run the vectors, whatever they said before. */
  doubt(choice: BackendChoice): void {
    const known = this.#known.get(choice);
    if (known !== undefined) this.#known.set(choice, { ...known, atMs: -Infinity });
  }

  /** Has nothing run where it failed; what else is known is doubted. */
  fail(choice: BackendChoice, failed: readonly ConformanceReport[]): void {
    this.#broken = [...this.#broken, ...failed];
    const survey = this.get(choice);
    if (survey === null) return;
    this.keep(choice, withoutFailed(survey, failed));
    this.doubt(choice);
  }

  /**
   * Takes in what a lane found when it opened, and returns what came out wrong that did not before.
   *
   * `ran`: it ran the vectors. Otherwise it was told what it found, or found the GPU gone.
   */
  learn(
    choice: BackendChoice,
    { survey, ran }: { readonly survey: LaneSurvey; readonly ran: boolean },
  ): readonly ConformanceReport[] {
    const before = this.get(choice);
    if (!ran && before !== null && isSameChoice(before, survey)) return [];
    this.keep(choice, survey);
    if (!ran || before === null) return [];
    const failed = newFailures(before, survey);
    this.#broken = [...this.#broken, ...failed];
    return failed;
  }

  /** Whether something was found to fail since a survey was made that relies on it. */
  isOutdated({ primitives }: LaneSurvey): boolean {
    return this.#broken.some(({ backend, primitive }) => primitives[primitive] === backend);
  }
}
