/**
 * Files that `npm test` leaves to `npm run test:all`, because together they take as long as a third of all tests: each tests
 * in many cases, or with whole programs, what a file that stays tests in a few.
 */
export const LONG: readonly string[] = [
  'test/cli/bootstrap.parts.test.ts',
  'test/cli/page/browser.parts.test.ts',
  'test/cli/setup/place.parts.test.ts',
  'test/deploy/render/kustomizations.parts.test.ts',
  'test/infra/image.parts.test.ts',
  'test/infra/stack.parts.test.ts',
  'test/package/package.parts.test.ts',
  'test/rig/hostile/hostile.parts.test.ts',
  'test/sandbox/hostile.system.test.ts',
  'test/system/adoption/adoption.system.test.ts',
  'test/system/approval/approval.system.test.ts',
  'test/system/chaos/fencing.system.test.ts',
  'test/system/functions-fleet.system.test.ts',
  'test/system/import/argocd.system.test.ts',
  'test/system/import/flux.system.test.ts',
  'test/system/installations.system.test.ts',
  'test/system/notify.system.test.ts',
  'test/system/overlays.system.test.ts',
  'test/system/package.system.test.ts',
  'test/system/pulls/equality.system.test.ts',
  'test/system/pulls/gitea-pulls.system.test.ts',
  'test/system/readiness-kinds.system.test.ts',
  'test/system/remedies.system.test.ts',
  'test/system/retrying.system.test.ts',
  'test/system/setup.system.test.ts',
  'test/system/target-templates.system.test.ts',
  'test/system/world.system.test.ts',
  'test/system/wrong-input.system.test.ts',
];
