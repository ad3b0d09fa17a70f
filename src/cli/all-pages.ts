import { PAGE_SIZE_MAX } from '../domain/limits.ts';
import { succeed, type Outcome } from '../domain/outcome.ts';

type PageRequest = { readonly pageSize: number; readonly pageToken: string };

/** Everything that is listed, page by page. Errors: those of a page; then nothing is given. */
export async function allPages<Page extends { readonly nextPageToken: string }, Item>(of: {
  readonly ask: (request: PageRequest) => Promise<Outcome<Page>>;
  readonly itemsIn: (page: Page) => readonly Item[];
}): Promise<Outcome<readonly Item[]>> {
  const items: Item[] = [];
  for (let pageToken = ''; ;) {
    const page = await of.ask({ pageSize: PAGE_SIZE_MAX, pageToken });
    if (!page.ok) return page;
    items.push(...of.itemsIn(page.value));
    pageToken = page.value.nextPageToken;
    if (pageToken === '') return succeed(items);
  }
}
