import { CONTRIBUTE } from '../text.ts';
import styles from './about.module.css';

/** What is computed and for whom, and the questions that come before trust. */
export function About() {
  return (
    <>
      <section className={styles.section} aria-labelledby="about">
        <h2 id="about" className={styles.title}>
          {CONTRIBUTE.aboutTitle}
        </h2>
        <ol className={styles.steps}>
          {CONTRIBUTE.about.map((step, index) => (
            <li key={step.title}>
              <span className={styles.number} aria-hidden="true">
                {index + 1}
              </span>
              <h3 className={styles.subtitle}>{step.title}</h3>
              <p>{step.detail}</p>
            </li>
          ))}
        </ol>
      </section>
      <section className={styles.section} aria-labelledby="questions">
        <h2 id="questions" className={styles.title}>
          {CONTRIBUTE.questionsTitle}
        </h2>
        <div className={styles.questions}>
          {CONTRIBUTE.questions.map(({ question, answer }) => (
            <div key={question}>
              <h3 className={styles.subtitle}>{question}</h3>
              {answer.map((paragraph) => (
                <p key={paragraph}>{paragraph}</p>
              ))}
            </div>
          ))}
        </div>
      </section>
    </>
  );
}
