import { expect, it } from 'vitest';
import { watchedOf } from '../../../src/cluster/readiness/watched.ts';
import type { WatchSource } from '../../../src/cluster/readiness/watched.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments';
const PODS = '/api/v1/namespaces/shop/pods';

function objects(count: number): readonly WatchSource[] {
  return Array.from({ length: count }, (_, n) => ({
    collection: DEPLOYMENTS,
    of: { name: `w${n}` },
    version: String(100 - n),
  }));
}

it('watches a few objects of a kind one by one, each from the version that was read', () => {
  expect([...watchedOf(objects(2), 'set')]).toEqual([
    [`${DEPLOYMENTS}?fieldSelector=metadata.name%3Dw0`, '100'],
    [`${DEPLOYMENTS}?fieldSelector=metadata.name%3Dw1`, '99'],
  ]);
});

it('watches many objects of a kind together, from the numerically oldest version', () => {
  const path = `${DEPLOYMENTS}?labelSelector=applyset.kubernetes.io%2Fpart-of%3Dset`;
  expect([...watchedOf(objects(5), 'set')]).toEqual([[path, '96']]);
  const [, ...others] = objects(6);
  const young = { collection: DEPLOYMENTS, of: { name: 'young' }, version: '1000' };
  expect([...watchedOf([...others, young], 'set')]).toEqual([[path, '95']]);
});

it('watches objects before pods, because the number of watches is limited', () => {
  const pods: WatchSource = { collection: PODS, of: { labels: 'app=web,tier in (a,b)' }, version: '7' };
  const paths = [...watchedOf([pods, ...objects(1)], 'set').keys()];
  expect(paths).toEqual([
    `${DEPLOYMENTS}?fieldSelector=metadata.name%3Dw0`,
    `${PODS}?labelSelector=app%3Dweb%2Ctier%20in%20(a%2Cb)`,
  ]);
});
