/** The questions that docs/index.md asks an index, read from the page. */
import { readFileSync } from 'node:fs';

export interface Question {
  /** The sentence before it. */
  readonly title: string;
  readonly sql: string;
}

export function documentedQuestions(): Question[] {
  const page = readFileSync(new URL('../../../docs/index.md', import.meta.url), 'utf8');
  return [...page.matchAll(/^(.+):\n\n```sql\n([\s\S]*?)```$/gm)].map(([, title = '', sql = '']) => ({ title, sql }));
}
