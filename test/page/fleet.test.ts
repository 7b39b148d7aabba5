import { describe, expect, it } from 'vitest';
import { fleetView } from '../../src/cli/page/fleet-view.ts';
import { SCRIPT } from '../../src/page/assets/script.ts';
import { ICON, STYLE } from '../../src/page/assets/style.ts';
import { fleetPage } from '../../src/page/fleet.ts';
import { countsOf, fleetAddress, parseFleetQuery, selectRows } from '../../src/page/fleet-query.ts';
import { generatedFleet, NOW } from '../rig/page/generated-fleet.ts';

const view = fleetView(generatedFleet(2_000), { nowMs: NOW, images: 0, promotions: 0 });
const query = (text: string) => parseFleetQuery(new URLSearchParams(text));
const shown = (text: string) => selectRows(view.rows, query(text)).flatMap(({ rows }) => rows);

describe('the fleet page', () => {
  it('renders 2,000 targets within 200 ms', () => {
    const times = Array.from({ length: 5 }, () => {
      const startedMs = performance.now();
      const page = fleetPage(view, query(''), { formToken: null, nowMs: NOW });
      expect(page).toContain('2000 of 2000 targets');
      return performance.now() - startedMs;
    });
    expect(Math.min(...times)).toBeLessThan(200);
  });

  it('has less than 150 KB of style, script and icon', () => {
    expect(Buffer.byteLength(STYLE + SCRIPT + ICON)).toBeLessThan(150_000);
  });

  it('searches every word in everything that a row shows', () => {
    expect(shown('q=incident 4711').every(({ condition }) => condition === 'held')).toBe(true);
    expect(shown('q=incident 4711').length).toBeGreaterThan(0);
    expect(
      shown('q=PROD-EU ström').every(({ cluster, author }) => cluster === 'prod-eu' && author === 'Jo Ström'),
    ).toBe(true);
    expect(shown('q=no-such-thing')).toEqual([]);
  });

  it('cuts a long search before an emoji that does not fit', () => {
    expect(parseFleetQuery(new URLSearchParams({ q: `${'a'.repeat(199)}🙂` })).search).toBe('a'.repeat(199));
  });

  it('filters, and its counts are those of the filters', () => {
    const counts = countsOf(view.rows);
    for (const [show, count] of Object.entries(counts)) expect(shown(`show=${show}`), show).toHaveLength(count);
    expect(counts.failing).toBeGreaterThan(0);
    expect(shown('show=held').every(({ isHeld }) => isHeld)).toBe(true);
  });

  it('groups by cluster or repository, with the most urgent target first', () => {
    expect(selectRows(view.rows, query('')).map(({ name }) => name)).toEqual(['prod-eu', 'prod-us', 'staging']);
    expect(selectRows(view.rows, query('group=repository')).map(({ name }) => name)).toEqual(['fleet', 'platform']);
    expect(selectRows(view.rows, query('group=none'))[0]?.rows[0]?.condition).toBe('unreadable');
    const byName = shown('group=none&sort=name').map(({ name }) => name);
    expect(byName).toEqual(byName.toSorted());
    const times = shown('group=none&sort=deployed').map(({ deployedAt }) => deployedAt ?? '');
    expect(times).toEqual(times.toSorted().toReversed());
  });

  it('takes unknown parameters for their defaults, and writes only what differs', () => {
    expect(query('group=__proto__&sort=%3Cscript%3E&show=')).toEqual(query(''));
    expect(fleetAddress(query('q=a%26b&show=held'))).toBe('/?q=a%26b&show=held');
    expect(fleetAddress(query('q=a'), { search: '' })).toBe('/');
  });
});
