import { describe, expect, it } from 'vitest';
import { readCommand } from '../../../src/pulls/comment/command.ts';

describe('a command in a comment', () => {
  it.each([
    ['/headgate plan', { kind: 'plan', target: null }],
    ['  \n/headgate plan shop-prod  \nthank you', { kind: 'plan', target: 'shop-prod' }],
    ['/headgate\tapprove 3f9c2a1', { kind: 'approve', hash: '3f9c2a1' }],
    ['/headgate hold shop  incident  4711\nthank you', { kind: 'hold', target: 'shop', reason: 'incident 4711' }],
    [`/headgate hold shop ${'x'.repeat(300)}`, { kind: 'hold', target: 'shop', reason: 'x'.repeat(200) }],
    ['/headgate hold shop a\u202eb', { kind: 'hold', target: 'shop', reason: 'a\\u202eb' }],
    ['/headgate hold shop', { kind: 'unknown', text: '/headgate hold shop' }],
    ['/headgate hold', { kind: 'unknown', text: '/headgate hold' }],
    ['/headgate release shop', { kind: 'release', target: 'shop' }],
    ['/headgate release', { kind: 'unknown', text: '/headgate release' }],
    ['/headgate release shop now', { kind: 'unknown', text: '/headgate release shop now' }],
    ['/headgate help\r\n', { kind: 'help' }],
    ['/headgate', { kind: 'help' }],
    ['/headgate approve', { kind: 'unknown', text: '/headgate approve' }],
    ['/headgate deploy now', { kind: 'unknown', text: '/headgate deploy now' }],
    ['/headgate plan a b', { kind: 'unknown', text: '/headgate plan a b' }],
  ])('%j is read', (body, command) => {
    expect(readCommand(body)).toEqual(command);
  });

  it.each([
    'please /headgate plan',
    '> /headgate plan',
    '/headgateplan',
    'Text\n/headgate plan',
    '`/headgate plan`',
    '',
  ])('%j is not a command', (body) => {
    expect(readCommand(body)).toBeNull();
  });
});
