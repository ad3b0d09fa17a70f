import { expect, type Page } from '@playwright/test';
import { openElectorate } from './electorate.ts';
import { complaintsOf, expectAcceptedWork, test, type PageNetwork } from './page-network.ts';

const HANDLE = 'export function handle(db, action, ctx) {';

async function earn(page: Page, network: PageNetwork): Promise<void> {
  await page.goto(network.url);
  await page.getByRole('button', { name: 'Start contributing' }).click();
  await expectAcceptedWork(page);
  await page.getByRole('link', { name: 'My work' }).click();
  await expect(page.getByRole('button', { name: /^Walk through the receipt/ }).first()).toBeVisible(
    { timeout: 60_000 },
  );
}

/** Has the source of credits pay nobody. */
async function draftNothing(page: Page): Promise<void> {
  const source = page.getByLabel('Its source');
  await expect(source).toHaveValue(/export function handle/);
  const text = await source.inputValue();
  await source.fill(text.replace(HANDLE, `${HANDLE}\n  throw new Error('nothing for nobody');`));
  await expect(page.getByText('Id of this source:')).toBeVisible();
}

async function propose(page: Page, words: string): Promise<void> {
  await page.getByLabel('Why?').fill(words);
  await page.getByLabel('Where it is discussed').fill('https://example.org/discussion');
  await page.getByRole('button', { name: 'Sign and propose' }).click();
}

test('what the network runs on can be read, also without credits, but not changed', async ({
  page,
  network,
}) => {
  const complaints = complaintsOf(page);
  await page.goto(network.url);
  await page.getByRole('link', { name: 'Governance' }).click();
  for (const name of ['credits', 'standing', 'registry', 'governance']) {
    await expect(page.getByRole('heading', { level: 3, name, exact: true })).toBeVisible();
  }
  await page.getByText('Price list').click();
  await expect(page.getByRole('row', { name: /^matmul \d/ })).toBeVisible();
  await expect(page.getByText('None yet. What would you change?')).toBeVisible();
  await draftNothing(page);
  await propose(page, 'Nobody should earn anything.');
  await expect(page.getByText(/was not accepted: who proposes has earned credits/)).toBeVisible();
  expect(complaints).toEqual([]);
});

test('who would change place is seen before a proposal, which is then voted on', async ({
  page,
  network,
}) => {
  const complaints = complaintsOf(page);
  await earn(page, network);
  await page.getByRole('link', { name: 'Governance' }).click();
  const whatIf = page.getByRole('button', { name: 'Who would change place?' });
  await expect(page.getByLabel('Its source')).toHaveValue(/export function handle/);
  await whatIf.click();
  await expect(page.getByText('Nobody would change place.')).toBeVisible({ timeout: 60_000 });
  await draftNothing(page);
  await whatIf.click();
  await expect(page.getByText('1 key would change place.')).toBeVisible({ timeout: 60_000 });
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'You' }) });
  await expect(row).toContainText(/1\. with [\d,]+ credits/);
  await expect(row).toContainText('Not there');
  await propose(page, 'Nobody should earn anything.');
  await expect(page.getByText(/^Done: entry \d+ of the ledger/)).toBeVisible();
  const proposal = page
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name: /^Proposal \d/ }) });
  await expect(proposal).toContainText('Nobody should earn anything.');
  await expect(proposal).toContainText('Changes credits');
  const link = proposal.getByRole('link', { name: 'Discussion' });
  await expect(link).toHaveAttribute('href', 'https://example.org/discussion');
  await proposal.getByRole('button', { name: 'Vote for' }).focus();
  await page.keyboard.press('Enter');
  await expect(proposal.getByText('You voted for it.')).toBeVisible();
  await expect(proposal.getByText(/^[1-9][\d,]* credits for, 0 against$/)).toBeVisible();
  await proposal.getByRole('button', { name: 'Vote against' }).click();
  await expect(proposal.getByText('You voted against it.')).toBeVisible();
  await expect(proposal.getByText(/^0 credits for, [1-9][\d,]* against$/)).toBeVisible();
  await expect(page.getByText(/It is the source of proposal \d/)).toBeVisible();
  expect(complaints).toEqual([]);
});

test('what ten keys and the visitor voted for is counted and enacted in its time', async ({
  page,
  network,
}) => {
  const complaints = complaintsOf(page);
  await earn(page, network);
  await page.getByRole('link', { name: 'Governance' }).click();
  await draftNothing(page);
  await propose(page, 'Nobody should earn anything.');
  const said = await page.getByText(/^Done: entry \d+ of the ledger/).textContent();
  const number = Number(/\d+/.exec(said ?? '')?.[0]);
  const electorate = await openElectorate(network);
  await electorate.vote(number);
  const proposal = page
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name: /^Proposal \d/ }) });
  await proposal.getByRole('button', { name: 'Vote for' }).click();
  await expect(proposal.getByText('You voted for it.')).toBeVisible();
  await expect(proposal.getByText(/^1,000,\d\d\d credits for, 0 against$/)).toBeVisible();
  await electorate.passDays(page, 7);
  await proposal.getByRole('button', { name: 'Count the votes' }).click();
  await expect(proposal).toContainText('Accepted');
  await expect(proposal).toContainText('It can take effect from');
  await expect(proposal.getByRole('button')).toHaveCount(0);
  await electorate.passDays(page, 3);
  await proposal.getByRole('button', { name: 'Enact' }).click();
  await expect(proposal.getByText('Enacted', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Put it into effect' }).click();
  await expect(page.getByText('This is the source that runs now.')).toBeVisible();
  expect(complaints).toEqual([]);
});

for (const [view, options] of Object.entries({
  desktop: { viewport: { width: 1280, height: 860 } },
  dark: { viewport: { width: 1280, height: 860 }, colorScheme: 'dark' as const },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true },
})) {
  test(`governance fits a ${view} screen`, async ({ browser, network }) => {
    const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
    const page = await context.newPage();
    await earn(page, network);
    await page.getByRole('link', { name: 'Governance' }).click();
    await draftNothing(page);
    await page.getByRole('button', { name: 'Who would change place?' }).click();
    await expect(page.getByText('1 key would change place.')).toBeVisible({ timeout: 60_000 });
    await propose(page, 'Nobody should earn anything.');
    await expect(page.getByRole('button', { name: 'Vote for' })).toBeVisible();
    await page.screenshot({ path: `dist/screenshots/governance-${view}.png`, fullPage: true });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(options.viewport.width);
    await context.close();
  });
}
